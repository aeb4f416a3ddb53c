import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Migration } from 'kysely/migration'
import { describe, expect, it } from 'vitest'
import { openDatabase } from '../sqlite/open-database.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { AUDIT_INDEX_MIGRATIONS, AUDIT_MIGRATIONS } from './audit-migrations.ts'
import { MAIN_MIGRATIONS } from './main-migrations.ts'
import { PAPER_MIGRATIONS } from './paper-migrations.ts'

const SETS: [string, Record<string, Migration>][] = [
  ['main', MAIN_MIGRATIONS],
  ['audit', AUDIT_MIGRATIONS],
  ['audit-index', AUDIT_INDEX_MIGRATIONS],
  ['paper', PAPER_MIGRATIONS],
]

/** After a change of the migrations: `npx vitest run packages/server/src/storage/migrations -u`, and read the difference. */
describe.each(SETS)('schema of %s', (name, migrations) => {
  it('is the one that is checked in', async () => {
    const path = join(temporaryFolder(), 'x.db')
    await (await openDatabase({ path, thread: false, migrations })).close()
    await expect(schemaOf(path)).toMatchFileSnapshot(`schema.${name}.sql`)
  })

  it('is not changed by migrating again', async () => {
    const path = join(temporaryFolder(), 'x.db')
    await (await openDatabase({ path, thread: false, migrations })).close()
    const before = schemaOf(path)
    await (await openDatabase({ path, thread: false, migrations })).close()
    expect(schemaOf(path)).toBe(before)
  })
})

it('a file that a newer Spark wrote is refused', async () => {
  const path = join(temporaryFolder(), 'x.db')
  const newer = { ...MAIN_MIGRATIONS, '9999-later': { up: async () => {} } }
  await (await openDatabase({ path, thread: false, migrations: newer })).close()
  await expect(openDatabase({ path, thread: false, migrations: MAIN_MIGRATIONS })).rejects.toThrow('9999-later')
})

function schemaOf(path: string): string {
  const database = new DatabaseSync(path)
  const rows = database
    .prepare("select sql from sqlite_master where sql is not null and name not like 'kysely_%' order by name")
    .all()
  database.close()
  return rows.map(({ sql }) => `${String(sql).replaceAll(/, (?=")/g, ',\n  ')};\n`).join('\n')
}
