import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it, onTestFinished } from 'vitest'
import { openMainDatabase } from '../open-main-database.ts'
import { openPostgres } from '../postgres/open-postgres.ts'
import { emptyPostgres, queryPostgres } from '../postgres/postgres-database-fixture.ts'
import { TURN_TABLE } from '../postgres/write-turn.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { MAIN_SCHEMA } from './postgres-schemas.ts'

/** What both dialects must have alike, in sorted lines. */
interface Schema {
  /** `table.column type`, with `not null` and the default. */
  columns: string[]
  primaryKeys: string[]
  uniques: string[]
  references: string[]
  indexes: string[]
  checks: string[]
  triggers: string[]
}

it('PostgreSQL has the tables of SQLite: columns, keys, indexes, checks and triggers', async () => {
  const [sqlite, postgres] = [await sqliteSchema(), await postgresSchema()]
  expect(sqlite.columns.length).toBeGreaterThan(300)
  for (const part of Object.values(sqlite) as string[][]) expect(part).not.toEqual([])
  expect(postgres).toEqual(sqlite)
})

it('PostgreSQL orders every text by its bytes', async () => {
  const rows = await query(
    `select attrelid::regclass || '.' || attname as place from pg_attribute join pg_class on pg_class.oid = attrelid
     where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and relname not like 'kysely%' and atttypid = 'text'::regtype
       and attcollation <> '"C"'::regcollation`,
  )
  expect(rows).toEqual([])
})

async function sqliteSchema(): Promise<Schema> {
  const path = join(temporaryFolder(), 'spark.db')
  await (await openMainDatabase({ path, thread: false })).close()
  const database = new DatabaseSync(path)
  onTestFinished(() => database.close())
  const all = (sql: string) => database.prepare(sql).all() as Record<string, string | number | null>[]
  const tables = all(
    `select name, sql from sqlite_master where type = 'table' and name not like 'sqlite_%' and name not like 'kysely_%'`,
  )
  const schema = empty()
  for (const { name: table, sql } of tables) {
    const columns = all(`select * from pragma_table_info('${table}')`)
    for (const { name, type, notnull, dflt_value: value } of columns)
      schema.columns.push(column(`${table}.${name}`, String(type), notnull === 1, value as string | null))
    const key = columns.filter(({ pk }) => pk !== 0).sort((a, b) => Number(a['pk']) - Number(b['pk']))
    schema.primaryKeys.push(`${table} (${key.map(({ name }) => name).join()})`)
    for (const index of all(`select * from pragma_index_list('${table}') where origin <> 'pk'`)) {
      const names = all(`select name from pragma_index_info('${index['name']}')`).map(({ name }) => name)
      if (index['origin'] === 'u') schema.uniques.push(`${table} (${names.join()})`)
      else {
        const text = String(all(`select sql from sqlite_master where name = '${index['name']}'`)[0]?.['sql'])
        const where = / where (.*)$/s.exec(text)?.[1]
        schema.indexes.push(indexed(String(index['name']), table as string, names.join(), index['unique'] === 1, where))
      }
    }
    for (const { table: other, from } of all(`select * from pragma_foreign_key_list('${table}')`))
      schema.references.push(`${table}.${from} → ${other}`)
    for (const [, text] of String(sql).matchAll(/check \(([^)]*)\)/g)) schema.checks.push(`${table} ${plain(text ?? '')}`)
  }
  schema.triggers = all(`select name, tbl_name from sqlite_master where type = 'trigger'`).map(
    ({ name, tbl_name: table }) => `${table} ${name}`,
  )
  return sorted(schema)
}

async function postgresSchema(): Promise<Schema> {
  const own = `not pg_class.relispartition and pg_class.relnamespace = 'public'::regnamespace and pg_class.relname not like 'kysely%' and pg_class.relname <> '${TURN_TABLE}'`
  const columns = await query(
    `select relname as table, attname as name, format_type(atttypid, atttypmod) as type, attnotnull as needed,
       pg_get_expr(adbin, adrelid) as value
     from pg_attribute join pg_class on pg_class.oid = attrelid left join pg_attrdef on adrelid = attrelid and adnum = attnum
     where ${own} and relkind in ('r', 'p') and attnum > 0 and not attisdropped`,
  )
  const names = (keys: string, relation: string) =>
    `(select string_agg(attname, ',' order by place) from unnest(${keys}::int2[]) with ordinality as one (number, place)
      join pg_attribute on attrelid = ${relation} and attnum = number)`
  const constraints = await query(
    `select relname as table, contype as kind, ${names('conkey', 'conrelid')} as columns, confrelid::regclass::text as other,
       pg_get_constraintdef(pg_constraint.oid) as text
     from pg_constraint join pg_class on pg_class.oid = conrelid where ${own} and contype in ('p', 'u', 'f', 'c')`,
  )
  const indexes = await query(
    `select one.relname as name, pg_class.relname as table, ${names('indkey', 'indrelid')} as columns, indisunique as is_unique,
       pg_get_expr(indpred, indrelid) as where
     from pg_index join pg_class on pg_class.oid = indrelid join pg_class as one on one.oid = indexrelid
     where ${own} and not exists (select from pg_constraint where conindid = indexrelid)`,
  )
  const triggers = await query(
    `select relname as table, tgname as name from pg_trigger join pg_class on pg_class.oid = tgrelid
     where ${own} and not tgisinternal and tgname not like '%no_truncate' and tgname not like '%_tells'`,
  )
  const of = (kind: string) => constraints.filter((one) => one['kind'] === kind)
  return sorted({
    columns: columns.map((one) =>
      column(`${one['table']}.${one['name']}`, one['type'] ?? '', Boolean(one['needed']), one['value'] ?? null),
    ),
    primaryKeys: of('p').map((one) => `${one['table']} (${one['columns']})`),
    uniques: of('u').map((one) => `${one['table']} (${one['columns']})`),
    references: of('f').map((one) => `${one['table']}.${one['columns']} → ${one['other']}`),
    indexes: indexes.map((one) =>
      indexed(one['name'] ?? '', one['table'] ?? '', one['columns'] ?? '', Boolean(one['is_unique']), one['where'] ?? undefined),
    ),
    checks: of('c').map((one) => `${one['table']} ${plain((one['text'] ?? '').replace('CHECK', ''))}`),
    triggers: triggers.map((one) => `${one['table']} ${one['name']}`),
  })
}

const TYPES: Record<string, string> = { INTEGER: 'bigint', REAL: 'double precision', TEXT: 'text', BLOB: 'bytea' }

function column(name: string, type: string, needed: boolean, value: string | null): string {
  const standard = value === null ? '' : ` default ${plain(value)}`
  return `${name} ${TYPES[type.toUpperCase()] ?? type}${needed ? ' not null' : ''}${standard}`
}

function indexed(name: string, table: string, columns: string, unique: boolean, where: string | undefined): string {
  return `${name} on ${table} (${columns})${unique ? ' unique' : ''}${where === undefined ? '' : ` where ${plain(where)}`}`
}

/** An expression as both write it: PostgreSQL shows a list as an array, with its types. */
function plain(expression: string): string {
  return expression
    .replaceAll(/::(text|bigint|integer)(\[\])?/g, '')
    .replaceAll(/= ANY \(ARRAY\[([^\]]*)\]\)/g, 'in $1')
    .replaceAll(/[()]/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .toLowerCase()
}

let url: Promise<string> | null = null

/** A database that has the main schema alone. */
function migrated(): Promise<string> {
  url ??= emptyPostgres().then(async (path) => {
    const limits = { durability: 'rebuildable', lockTimeoutMs: 5_000 } as const
    await (await openPostgres({ url: path, ...limits, schemas: [MAIN_SCHEMA] })).close()
    return path
  })
  return url
}

async function query(sql: string): Promise<Record<string, string | null>[]> {
  return (await queryPostgres(await migrated(), sql)) as Record<string, string | null>[]
}

function empty(): Schema {
  return { columns: [], primaryKeys: [], uniques: [], references: [], indexes: [], checks: [], triggers: [] }
}

function sorted(schema: Schema): Schema {
  return Object.fromEntries(
    Object.entries(schema).map(([name, lines]) => [name, (lines as string[]).sort()]),
  ) as unknown as Schema
}
