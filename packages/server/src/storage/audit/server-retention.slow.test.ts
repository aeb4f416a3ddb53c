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

it('a month that somebody else detached is left with its rows, and told', async () => {
  const { path, one } = await serverHouse()
  await one.retain()
  const { told } = await one.verify()
  await queryPostgres(path, 'alter table audit_segment detach partition audit_segment_2025_05')
  await expect(one.retain()).rejects.toThrow('the audit does not verify')
  await expect(one.deps.place.remove(told ?? { before: 0, heads: {} })).rejects.toThrow(
    'audit_segment_2025_05: detached from the audit',
  )
  expect(await queryPostgres(path, 'select count(*)::int as segments from audit_segment_2025_05')).toEqual([{ segments: 4 }])
}, 60_000)

it.each(['detach partition', 'drop table'])(
  'a row that comes into an old month around a "%s" is kept',
  async (statement) => {
    const { path, one } = await serverHouse()
    const audit = await openServer(path, 'rebuildable')
    onTestFinished(() => audit.close())
    let came = 0
    const db = audit.db.withPlugin({
      transformQuery({ node }) {
        if (node.kind === 'RawNode' && node.sqlFragments[0]?.includes(statement)) came += 1
        return node
      },
      async transformResult({ result }) {
        if (came === 1) await appendSegments(one.location, 'api-1', [segmentAt(Date.UTC(2025, 0, 5))])
        if (came === 1) came = 2
        return result
      },
    })
    await one.retain({ place: serverRetention({ ...audit, db }) })
    expect(came).toBeGreaterThan(1)
    expect((await one.verify()).problems).toEqual([])
    const late = ['api-1-31 2025-01', 'api-1-32 2025-01']
    expect(await rowsOf(one)).toEqual(expect.arrayContaining(late))
    await one.retain()
    expect((await one.verify()).problems).toEqual([])
    expect((await rowsOf(one)).filter((row) => OLD.test(row))).toEqual(late)
  },
  60_000,
)

it('a line of a month that is half detached makes it whole again', async () => {
  const { path, one } = await serverHouse()
  const reader = new Client({ connectionString: path })
  await reader.connect()
  onTestFinished(() => reader.end())
  await reader.query('begin; select count(*) from audit_segment')
  const other = new Client({ connectionString: path, options: '-c statement_timeout=500' })
  await other.connect()
  onTestFinished(() => other.end())
  const detaching = other.query('alter table audit_segment detach partition audit_segment_2025_01 concurrently')
  await expect(detaching).rejects.toThrow('statement timeout')
  await reader.query('commit')
  await appendSegments(one.location, 'api-1', [segmentAt(Date.UTC(2025, 0, 5))])
  expect((await one.verify()).problems).toEqual([])
}, 60_000)

it('rows that are held by somebody are waited for by the next run, and the months go', async () => {
  const { path, one } = await serverHouse([{ ts: Date.UTC(2025, 11), after: 0 }])
  const writer = new Client({ connectionString: path })
  await writer.connect()
  onTestFinished(() => writer.end())
  await writer.query('begin; lock table audit_segment_2025_12 in row exclusive mode')
  expect(await one.retain()).toMatchObject({ months: 3, waiting: 1 })
  await writer.query('commit')
  expect(await one.retain()).toMatchObject({ rows: 2, waiting: 0 })
  expect((await one.verify()).problems).toEqual([])
}, 60_000)
