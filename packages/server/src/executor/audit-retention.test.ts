import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { commandRollout } from '../rollout/decide-rollout.ts'
import { openRollout, WHO } from '../rollout/rollout-fixture.ts'
import type { AuditEvent } from '../storage/audit/audit-event.ts'
import { appendSegments } from '../storage/audit/audit-fixtures.ts'
import { openAuditReader } from '../storage/audit/audit-reader.ts'
import { BEFORE, DAY, NOW, retentionHouse, rowsOf } from '../storage/audit/retention-fixture.ts'
import { onPostgres, openTestDatabase } from '../storage/main-database-fixture.ts'
import { emptyPostgres } from '../storage/postgres/postgres-database-fixture.ts'
import { temporaryFolder } from '../storage/temporary-folder.ts'
import { neededFrom, retainAuditOf } from './audit-retention.ts'
import { wish } from './orders/order-path-fixture.ts'
import { planOrders } from './orders/plan-orders.ts'

it('the audit is needed from the period of a report that waits, and from nowhere when nothing goes on', async () => {
  const database = await openTestDatabase()
  const { db } = database
  expect(await neededFrom(db)).toBe(Infinity)
  const report = { kind: 'day', asked_by: 'x', asked_at: 9, said: null, ended_at: null, document: null, evidence: null }
  await db
    .insertInto('report')
    .values({ ...report, id: 'a', from_ts: 10, to_ts: 20, state: 'done' })
    .execute()
  await db
    .insertInto('report')
    .values({ ...report, id: 'b', from_ts: 30, to_ts: 40, state: 'waiting' })
    .execute()
  expect(await neededFrom(db)).toBe(30)
  await database.close()
})

it('the audit is needed from the start of a rollout that goes on, and from the oldest order that has not ended', async () => {
  const fixture = await openRollout()
  onTestFinished(() => fixture.close())
  const { clock, path } = fixture
  const rollout = await path.rollouts.newest()
  expect(await neededFrom(path.db)).toBe(rollout?.startedAt)
  await commandRollout(fixture.parts, { kind: 'rollback', by: 'ada', reason: 'a test' }, WHO)
  expect(await neededFrom(path.db)).toBe(Infinity)
  const orderedMs: number[] = []
  for (const strategyId of ['s1', 's2']) {
    await fixture.pass(1000)
    await fixture.price('BTCUSDT', 50_000)
    orderedMs.push(clock.nowMs())
    const moment = { candleTs: clock.nowMs(), moment: clock.nowMs() }
    await planOrders(path, [wish({ strategyId, ...moment, validUntil: clock.nowMs() + 60_000 })])
  }
  expect(await neededFrom(path.db)).toBe(orderedMs[0])
  const trading = await fixture.trade()
  await fixture.pass(1000)
  await fixture.price('BTCUSDT', 50_000)
  await trading.stop()
  expect(await neededFrom(path.db)).toBe(Infinity)
})

it('rows are as old as the slowest clock says: with a market a year behind none goes', async () => {
  // On a server that flushes to disk: it is opened as the executor opens it.
  const durable = async () => ({ dataDir: temporaryFolder(), databasePath: await emptyPostgres({ durable: true }) })
  const house = await retentionHouse([], onPostgres() ? await durable() : undefined)
  const { location, deps, copy } = house
  const { dataDir, databasePath = join(dataDir, 'spark.db') } = location
  const auditReader = openAuditReader({ ...location, thread: false })
  onTestFinished(() => auditReader.close())
  const config = { dataDir, databasePath, signingKeyFile: join(dataDir, 'signing.key'), checkpointFile: copy }
  const night = (number: number, marketMs: number) => {
    const nowMs = NOW + number * DAY
    const append = (event: AuditEvent) => appendSegments(location, 'executor', [[{ ...event, ts: nowMs }]])
    const clocks = { clock: { nowMs: () => nowMs }, feed: { nowMs: () => marketMs + number * DAY } }
    return retainAuditOf({ config, db: deps.db, ...clocks, audit: { append }, auditReader }, (NOW - BEFORE) / DAY)
  }
  const before = await rowsOf(house)
  for (const number of [0, 1]) await night(number, NOW - 365 * DAY)
  expect(await rowsOf(house)).toEqual(before)
  // The first night signs what the second removes.
  await night(2, NOW)
  expect(await night(3, NOW)).toEqual(onPostgres() ? { rows: 0, months: 2, waiting: 0 } : { rows: 14, months: 0, waiting: 0 })
  expect((await house.verify()).problems).toEqual([])
}, 90_000)
