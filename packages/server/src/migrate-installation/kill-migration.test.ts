import { expect, it } from 'vitest'
import { emptyPostgres } from '../storage/postgres/postgres-database-fixture.ts'
import { testInstallation } from './installation-fixture.ts'
import { migrateApart } from './kill-migration-fixture.ts'

it('a migration that is killed goes on with the same command, and nothing is there twice', async () => {
  const installation = await testInstallation({ rows: 3, segments: 12, segmentBytes: 400_000 })
  const url = await emptyPostgres()
  // The first within the schema; each of the others some way behind the one before.
  for (const statement of [60, 150, 200, 250])
    expect(await migrateApart(installation, url, statement), `at ${statement}`).toBeNull()
  expect(await migrateApart(installation, url)).toMatchObject({ differences: [] })
}, 120_000)
