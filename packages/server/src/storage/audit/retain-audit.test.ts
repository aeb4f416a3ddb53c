import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { chainHash, GENESIS_HASH } from '@spark/core/audit/chain'
import { expect, it, onTestFinished } from 'vitest'
import { sha256 } from '../../sha256.ts'
import { onPostgres } from '../main-database-fixture.ts'
import { appendSegments } from './audit-fixtures.ts'
import { catchUpAuditIndex } from './audit-indexer.ts'
import { openAuditReader } from './audit-reader.ts'
import { retainAudit, SIGNED_BEFORE_MS } from './retain-audit.ts'
import { verifyAudit } from './verify-audit.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { removeSegments } from './remove-segments.ts'
import { BEFORE, DAY, headsOf, NOW, retentionHouse, ROWS_A_MONTH, rowsOf, segmentAt } from './retention-fixture.ts'

it('rows older than the bound go, and what is left is proven to be whole', async () => {
  const one = await retentionHouse()
  const before = await rowsOf(one)
  const removed = await one.retain()
  expect(removed).toEqual(onPostgres() ? { rows: 0, months: 3, waiting: 0 } : { rows: 21, months: 0, waiting: 0 })
  const { ok, problems, writers, removed: told } = await one.verify()
  expect({ ok, problems }).toEqual({ ok: true, problems: [] })
  expect(told).toEqual({ on: NOW + DAY, before: BEFORE })
  expect(writers.map(({ writer, rows, head }) => [writer, rows, head.seq])).toEqual([
    ['api-1', 12, 30],
    ['executor', 4, 7],
  ])
  const kept = await rowsOf(one)
  expect(kept.slice(0, -2)).toEqual(before.filter((row) => !/ 2025-0[123]/.test(row)))
  expect(kept.at(-1)).toBe('executor-7 2026-06')
  const reader = openAuditReader({ ...one.location, thread: false })
  onTestFinished(() => reader.close())
  const [row] = (await reader.list({ limit: 1 })).items
  expect(row).toMatchObject({ action: 'audit.pruned', context: { last: { 'api-1': { seq: 18 }, executor: { seq: 3 } } } })
  await appendSegments(one.location, 'api-1', [segmentAt(NOW)])
  expect((await reader.heads())['api-1']?.seq).toBe(32)
  expect(await one.retain()).toEqual({ rows: 0, months: 0, waiting: 0 })
  expect((await one.verify()).ok).toBe(true)
})

it('an index that is made anew knows what is left', async () => {
  const one = await retentionHouse()
  await one.retain()
  const kept = await rowsOf(one)
  if (onPostgres()) await one.change('delete from audit_entry; delete from audit_watermark')
  else rmSync(join(one.location.dataDir, 'audit-index.db'))
  await catchUpAuditIndex(one.location)
  expect(await rowsOf(one)).toEqual(kept)
})

it('whatever is changed of what is left is found', async () => {
  const one = await retentionHouse()
  await one.retain()
  const seqs = [19, 21, 23, 25, 27, 29]
  const changes = [
    (seq: number) => `delete from audit_segment where writer = 'api-1' and first_seq = ${seq}`,
    (seq: number) => `delete from audit_segment where writer = 'api-1' and first_seq <= ${seq}`,
    (seq: number) => `delete from audit_segment where writer = 'api-1' and first_seq >= ${seq}`,
    (seq: number) =>
      `update audit_segment set body = replace(body, 'ml.score', 'ml.scorf') where writer = 'api-1' and first_seq = ${seq}`,
    (seq: number) => `update audit_segment set prev_hash = '${'0'.repeat(64)}' where writer = 'api-1' and first_seq = ${seq}`,
    (seq: number) =>
      `update audit_segment set first_seq = first_seq - 18, last_seq = last_seq - 18 where writer = 'api-1' and first_seq = ${seq}`,
  ]
  await one.change('create table kept as select * from audit_segment')
  try {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...seqs), fc.constantFrom(...changes), async (seq, change) => {
        await one.change(change(seq))
        const { ok, problems } = await one.verify()
        expect(ok, change(seq)).toBe(false)
        expect(problems.some(({ writer }) => writer === 'api-1')).toBe(true)
        await one.change('delete from audit_segment; insert into audit_segment select * from kept')
        expect((await one.verify()).ok).toBe(true)
      }),
      { numRuns: 12 },
    )
  } finally {
    await one.change('drop table kept')
  }
}, 120_000)

it('rows that somebody removed by hand are missing, whether retention ever ran or not', async () => {
  const [one, other] = [await retentionHouse(), await retentionHouse()]
  await one.change("delete from audit_segment where writer = 'api-1' and first_seq <= 6")
  expect((await one.verify()).problems).toMatchObject([{ kind: 'missing', writer: 'api-1', seq: 1 }])
  await expect(one.retain()).rejects.toThrow('nothing of it was removed')
  await other.retain()
  await other.change("delete from audit_segment where writer = 'api-1' and first_seq <= 20")
  expect((await other.verify()).problems).toMatchObject([{ kind: 'missing', writer: 'api-1', seq: 19 }])
})

it('a removal that the copy elsewhere was not told of does not count', async () => {
  const one = await retentionHouse()
  await one.retain()
  await one.deps.checkpoints.write(NOW + 9 * DAY, { always: true })
  expect((await one.verify()).ok).toBe(true)
  const lines = readFileSync(one.copy, 'utf8').trim().split('\n')
  const untold = lines.filter((line) => !line.includes('removed'))
  const later = await one.forge({ version: 1, ts: NOW + 10 * DAY, heads: await headsOf(one) })
  writeFileSync(one.copy, [...untold, JSON.stringify(later)].join('\n'))
  expect((await one.verify()).problems.map(({ kind, seq }) => [kind, seq])).toEqual([
    ['missing', 1],
    ['missing', 1],
  ])
  expect((await one.verify(null)).ok).toBe(true)
  appendFileSync(one.copy, `\n${lines.findLast((line) => line.includes('removed')) ?? ''}\n`)
  expect((await one.verify()).ok).toBe(true)
})

it('nothing goes before it is signed, and after an interruption the next run finishes', async () => {
  const one = await retentionHouse()
  const all = await rowsOf(one)
  const fails = async () => {
    throw new Error('power is gone')
  }
  await expect(one.retain({ announce: fails })).rejects.toThrow('power is gone')
  await expect(one.retain({ checkpoints: { ...one.deps.checkpoints, write: fails } })).rejects.toThrow('power is gone')
  await expect(one.retain({ place: { ...one.deps.place, remove: fails } })).rejects.toThrow('power is gone')
  expect((await one.verify()).ok).toBe(true)
  expect((await rowsOf(one)).filter((row) => all.includes(row))).toEqual(all)
  // Half of it is gone.
  if (onPostgres()) await one.change("delete from audit_segment where writer = 'api-1' and first_seq <= 10")
  else await removeSegments(one.location.dataDir, 'api-1', 10)
  expect((await one.verify()).problems).toEqual([])
  await one.retain()
  expect((await one.verify()).problems).toEqual([])
  expect((await rowsOf(one)).some((row) => / 2025-0[123]/.test(row))).toBe(false)
})

it('a row is as old as its place in the chain, whatever time it carries', async () => {
  const past = Date.UTC(2001, 0)
  const future = Date.UTC(2025, 11)
  const one = await retentionHouse([
    { ts: future, after: 0 },
    { ts: past, after: 4 },
  ])
  await one.retain()
  expect((await one.verify()).problems).toEqual([])
  const kept = await rowsOf(one)
  expect(kept.filter((row) => row.startsWith('api-1')).map((row) => row.slice(-7))).toEqual([
    '2001-01',
    '2001-01',
    ...Array.from({ length: ROWS_A_MONTH }, () => '2025-04'),
    ...Array.from({ length: ROWS_A_MONTH }, () => '2025-05'),
  ])
})

it('a run removes only what one of a day before signed', async () => {
  const one = await retentionHouse()
  const all = await rowsOf(one)
  const none = { rows: 0, months: 0, waiting: 0 }
  expect(await retainAudit(one.deps, BEFORE, NOW)).toEqual(none)
  expect(await retainAudit(one.deps, BEFORE, NOW + SIGNED_BEFORE_MS - 1)).toEqual(none)
  expect((await rowsOf(one)).filter((row) => all.includes(row))).toEqual(all)
  expect(await retainAudit(one.deps, BEFORE, NOW + SIGNED_BEFORE_MS)).not.toEqual(none)
  expect((await one.verify()).problems).toEqual([])
})

it('nothing goes before the copy elsewhere knows of it', async () => {
  const one = await retentionHouse()
  const all = await rowsOf(one)
  const away = await one.store(join(temporaryFolder(), 'away', 'checkpoints.ndjson'))
  for (let night = 0; night < 3; night++) await expect(one.retainOnce({ checkpoints: away })).rejects.toThrow('ENOENT')
  expect((await rowsOf(one)).filter((row) => all.includes(row))).toEqual(all)
  expect(await one.retainOnce()).toEqual({ rows: 0, months: 0, waiting: 0 })
  expect((await rowsOf(one)).filter((row) => all.includes(row))).toEqual(all)
  await one.retain()
  await one.deps.checkpoints.write(NOW + 30 * DAY, { always: true })
  expect((await one.verify()).problems).toEqual([])
  expect((await rowsOf(one)).some((row) => / 2025-0[123]/.test(row))).toBe(false)
})

it('the copies of all hosts hear of a removal by their next checkpoint', async () => {
  const one = await retentionHouse()
  const copy = join(temporaryFolder(), 'other.ndjson')
  const other = await one.store(copy)
  await other.write(NOW - DAY, { always: true })
  await one.retain()
  await one.deps.checkpoints.write(NOW + 9 * DAY, { always: true })
  await other.write(NOW + 10 * DAY, { always: true })
  expect((await one.verify(copy)).problems).toEqual([])
  expect(readFileSync(copy, 'utf8').trim().split('\n')).toHaveLength(2)
})

it.each(['with a copy elsewhere', 'without one'])(
  'what somebody signs by a stolen key takes no younger row, %s',
  async (which) => {
    const one = await retentionHouse()
    const all = await rowsOf(one)
    const heads = await headsOf(one)
    const forged = { version: 1, ts: NOW - DAY, heads, removed: { before: NOW, heads } } as const
    await one.deps.db
      .insertInto('audit_checkpoint')
      .values({ ts: forged.ts, ...(await one.forge(forged)) })
      .execute()
    const { publicKey } = one.deps.checkpoints
    if (which === 'with a copy elsewhere') {
      await one.deps.checkpoints.write(NOW - DAY / 2, { always: true })
      await one.retain()
      await one.change("delete from audit_segment where writer = 'api-1' and first_seq <= 23")
      expect((await one.verify()).problems).toMatchObject([{ kind: 'missing', writer: 'api-1', seq: 19 }])
    } else {
      const verify = (toldBefore: number) => verifyAudit({ ...one.location, publicKey, toldBefore })
      await one.retain({ checkpoints: await one.store(null), verify })
      const young = all.filter((row) => !/ 2025-0[123]/.test(row))
      expect((await rowsOf(one)).filter((row) => all.includes(row))).toEqual(expect.arrayContaining(young))
    }
  },
)

it('a clock that is far ahead takes 31 days a run', async () => {
  const one = await retentionHouse()
  await retainAudit(one.deps, NOW, NOW)
  await retainAudit(one.deps, NOW, NOW + DAY)
  expect((await rowsOf(one)).filter((row) => !/ 2025-0[12]/.test(row))).toHaveLength(3 * (ROWS_A_MONTH + 1) + 2)
  expect((await one.verify()).problems).toEqual([])
})

it('rows that somebody puts before the start are told: as a break in files, as unproven where months go', async () => {
  const one = await retentionHouse()
  await one.retain()
  const body = JSON.stringify({ ts: BEFORE })
  const hash = chainHash(sha256, GENESIS_HASH, 'api-1', 8, body)
  await one.change(`insert into audit_segment (writer, first_seq, last_seq, first_ts, last_ts, prev_hash, hashes, body)
    values ('api-1', 8, 8, ${BEFORE}, ${BEFORE}, '${GENESIS_HASH}', '${hash}', '${body}')`)
  const { problems, writers } = await one.verify()
  const [first] = writers
  if (onPostgres()) expect({ problems, unproven: first?.unproven }).toEqual({ problems: [], unproven: 1 })
  else expect(problems).toMatchObject([{ kind: 'missing', writer: 'api-1', seq: 9 }])
})
