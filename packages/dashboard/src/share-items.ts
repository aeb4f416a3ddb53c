interface Items {
  items: readonly object[]
}

/**
 * For a long list that is read again and again: an item whose fields are those it had stays the same object, and so does a list of
 * which nothing changed. The library's own sharing looks through every value and copies as it goes, for longer than a frame.
 */
export function shareItems(before: unknown, after: unknown): unknown {
  if (!isList(before) || !isList(after)) return after
  let same = before.items.length === after.items.length
  const items = after.items.map((item, at) => {
    const known = before.items[at]
    if (known !== undefined && haveSameFields(known, item)) return known
    same = false
    return item
  })
  return same && haveSameFields({ ...before, items: null }, { ...after, items: null }) ? before : { ...after, items }
}

const isList = (value: unknown): value is Items =>
  typeof value === 'object' && value !== null && 'items' in value && Array.isArray(value.items)

/** Fields that are objects count as others. */
function haveSameFields(a: object, b: object): boolean {
  const names = Object.keys(b)
  return names.length === Object.keys(a).length && names.every((name) => a[name as never] === b[name as never])
}
