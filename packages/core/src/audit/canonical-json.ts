import canonicalize from 'canonicalize'

/** RFC 8785 text of a JSON value: the same value gives the same bytes. Throws for NaN, Infinity and what JSON cannot hold. */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value)
  if (text === undefined) throw new TypeError(`no JSON for a value of type ${typeof value}`)
  return text
}
