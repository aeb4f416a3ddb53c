import { type Kysely, type RawBuilder, sql } from 'kysely'

/** A value of a row, as both dialects give it. */
export type Value = string | number | null
export type Row = Record<string, Value>

/** A table of the main database or of the paper venue's book, or the chain of one writer. */
export interface InstallationPart {
  /** Of the table, or `audit segments of <writer>`. */
  name: string
  table: string
  /** Of a chain: only its segments. */
  writer: string | null
  columns: readonly Column[]
  /** Columns of the primary key, in its order. */
  key: readonly string[]
  source: Kysely<unknown>
}

export interface Column {
  name: string
  isText: boolean
}

/** How much is held in memory at once, and committed at once. */
export const PAGE_ROWS = 1_000
const PAGE_BYTES = 4_000_000

/**
 * The rows behind `after` in the order of the primary key, as many as a page holds; none: there are no more. At least one is read,
 * however large it is. The same statements on both dialects.
 */
export async function readPage(db: Kysely<unknown>, part: InstallationPart, after: readonly Value[] | null): Promise<Row[]> {
  const { columns, key } = part
  const keyed = sql.join(key.map((name) => sql.ref(name)))
  const texts = columns.filter(({ isText }) => isText).map(({ name }) => sql`coalesce(octet_length(${sql.ref(name)}), 0)`)
  const bytes = texts.length === 0 ? sql`0` : sql.join(texts, sql` + `)
  const from = sql`from ${sql.table(part.table)} ${conditionOf(part, after)} order by ${keyed}`
  const sizes = await sql<{ bytes: number }>`select ${bytes} as bytes ${from} limit ${PAGE_ROWS}`.execute(db)
  let rows = 0
  let sum = 0
  for (const size of sizes.rows) {
    sum += size.bytes
    if (rows > 0 && sum > PAGE_BYTES) break
    rows += 1
  }
  if (rows === 0) return []
  const names = sql.join(columns.map(({ name }) => sql.ref(name)))
  return (await sql<Row>`select ${names} ${from} limit ${rows}`.execute(db)).rows
}

export async function countRows(db: Kysely<unknown>, part: InstallationPart): Promise<number> {
  const query = sql<{ rows: number }>`select count(*) as rows from ${sql.table(part.table)} ${conditionOf(part, null)}`
  return (await query.execute(db)).rows[0]?.rows ?? 0
}

function conditionOf({ writer, key }: InstallationPart, after: readonly Value[] | null): RawBuilder<unknown> {
  const conditions: RawBuilder<unknown>[] = []
  if (writer !== null) conditions.push(sql`writer = ${writer}`)
  if (after !== null) conditions.push(sql`(${sql.join(key.map((name) => sql.ref(name)))}) > (${sql.join(after)})`)
  return conditions.length === 0 ? sql`` : sql`where ${sql.join(conditions, sql` and `)}`
}

export function keyOf({ key }: InstallationPart, row: Row): Value[] {
  return key.map((name) => row[name] ?? null)
}
