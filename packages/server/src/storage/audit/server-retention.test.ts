import { Client } from 'pg'
import { expect, it, onTestFinished } from 'vitest'
import { queryPostgres, temporaryPostgres } from '../postgres/postgres-database-fixture.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { watchStatements } from '../watch-statements-fixture.ts'
import { appendSegments } from './audit-fixtures.ts'
import { NOW, retentionHouse, rowsOf, segmentAt } from './retention-fixture.ts'
import { openServer } from './server-audit.ts'
import { serverRetention } from './server-retention.ts'

async function serverHouse(more?: { ts: number; after: number }[]) {
  const { path } = await temporaryPostgres()
  return { path, one: await retentionHouse(more, { dataDir: temporaryFolder(), databasePath: path, durability: 'rebuildable' }) }
}

const OLD = / 2025-0[123]/

it('an error at each statement leaves what verifies, and what the next run finishes', async () => {
  const { path, one } = await serverHouse([{ ts: Date.UTC(2025, 11), after: 0 }])
  const audit = await openServer(path, 'rebuildable')
  onTestFinished(() => audit.close())
  let fails = 1
  for (; ; fails++) {
    let at = 0
    const db = audit.db.withPlugin(
      watchStatements(() => {
        at += 1
        if (at === fails) throw new Error('power is gone')
      }),
    )
    const place = serverRetention({ ...audit, db })
    const outcome = await one.retain({ place }).catch((error: Error) => error.message)
    const { problems } = await one.verify()
    expect(problems).toEqual([])
    if (outcome !== 'power is gone') break
  }
  expect(fails).toBeGreaterThan(12)
  expect((await rowsOf(one)).filter((row) => OLD.test(row) || row.includes('2025-12'))).toEqual([])
  const months = await queryPostgres(path, "select relname from pg_class where relname ~ '^audit_(segment|entry)_2025_0[123]$'")
  expect(months).toEqual([])
}, 180_000)

it('nobody who appends waits while a month is detached behind a reader, and the next run drops it', async () => {
  const { path, one } = await serverHouse()
  const audit = await openServer(path, 'rebuildable', 4_000)
  onTestFinished(() => audit.close())
  const place = serverRetention(audit)
  const reader = new Client({ connectionString: path })
  await reader.connect()
  onTestFinished(() => reader.end())
  await reader.query('begin; select count(*) from audit_segment')
  const removing = one.retain({ place })
  await appendSegments(one.location, 'api-1', [segmentAt(NOW)])
  expect(await removing).toMatchObject({ months: 0, waiting: 3 })
  expect((await one.verify()).problems).toEqual([])
  await reader.query('commit')
  expect(await one.retain({ place })).toMatchObject({ waiting: 0 })
  expect((await one.verify()).problems).toEqual([])
  expect((await rowsOf(one)).filter((row) => OLD.test(row))).toEqual([])
}, 60_000)

it('a partition that somebody drops by hand is missing', async () => {
  const { path, one } = await serverHouse()
  await queryPostgres(path, 'drop table audit_segment_2025_01')
  expect((await one.verify()).problems.map(({ kind, writer }) => [kind, writer])).toEqual([
    ['missing', 'api-1'],
    ['missing', 'executor'],
  ])
}, 60_000)

it('a line of a month that was dropped makes it anew, also for a writer that wrote into it before', async () => {
  const { path, one } = await serverHouse()
  const audit = await openServer(path, 'rebuildable')
  onTestFinished(() => audit.close())
  await one.retain()
  await appendSegments(one.location, 'api-1', [segmentAt(Date.UTC(2025, 0, 5))])
  expect((await one.verify()).problems).toEqual([])
}, 60_000)
