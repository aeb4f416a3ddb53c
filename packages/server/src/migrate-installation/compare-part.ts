import { createHash } from 'node:crypto'
import type { Kysely } from 'kysely'
import { type InstallationPart, keyOf, readPage, type Row, type Value } from './installation-part.ts'

/** Both sides of a part, read anew from their first row. */
export interface Comparison {
  part: string
  rows: { source: number; target: number }
  /** SHA-256 of all rows in the order of their primary key, each as `rowText` writes it. */
  digest: { source: string; target: string }
  /** Primary key of the first row that only one side has, or that differs. */
  differsAt: string | null
}

export async function comparePart(part: InstallationPart, target: Kysely<unknown>): Promise<Comparison> {
  const sides = { source: new Side(part, part.source), target: new Side(part, target) }
  let differsAt: string | null = null
  for (;;) {
    const [source, copy] = [await sides.source.next(), await sides.target.next()]
    if (source === null && copy === null) break
    if (differsAt === null && source?.text !== copy?.text) differsAt = firstOf(part, source, copy)
  }
  const { source, target: copy } = sides
  return {
    part: part.name,
    rows: { source: source.rows, target: copy.rows },
    digest: { source: source.digest(), target: copy.digest() },
    differsAt,
  }
}

interface Found {
  row: Row
  text: string
}

/** One line, the same for the same values whatever database they come from. */
function rowText({ columns }: InstallationPart, row: Row): string {
  const texts = columns.map(({ name }) => {
    const value = row[name] ?? null
    return typeof value === 'string' ? JSON.stringify(value) : String(value)
  })
  return `${texts.join()}\n`
}

/** A row that one side lacks shows the other's next one, which has the higher key. */
function firstOf(part: InstallationPart, source: Found | null, copy: Found | null): string {
  const keys = [source, copy].flatMap((found) => (found === null ? [] : [keyOf(part, found.row)]))
  const [first] = keys.toSorted(compareKeys)
  return part.key.map((name, at) => `${name} ${String(first?.[at] ?? null)}`).join(', ')
}

function compareKeys(a: readonly Value[], b: readonly Value[]): number {
  for (const [at, value] of a.entries()) {
    const other = b[at] ?? null
    if (value === other) continue
    if (typeof value === 'number' && typeof other === 'number') return value - other
    return Buffer.compare(Buffer.from(String(value)), Buffer.from(String(other)))
  }
  return 0
}

class Side {
  readonly #part: InstallationPart
  readonly #db: Kysely<unknown>
  readonly #hash = createHash('sha256')
  #page: Row[] = []
  #at = 0
  #after: Value[] | null = null
  rows = 0

  constructor(part: InstallationPart, db: Kysely<unknown>) {
    this.#part = part
    this.#db = db
  }

  async next(): Promise<Found | null> {
    if (this.#at === this.#page.length) {
      this.#page = await readPage(this.#db, this.#part, this.#after)
      this.#at = 0
    }
    const row = this.#page[this.#at]
    if (row === undefined) return null
    this.#at += 1
    this.#after = keyOf(this.#part, row)
    this.rows += 1
    const text = rowText(this.#part, row)
    this.#hash.update(text)
    return { row, text }
  }

  digest(): string {
    return this.#hash.digest('hex')
  }
}
