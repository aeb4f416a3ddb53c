import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { expect, it, onTestFinished } from 'vitest'
import { onPostgres } from '../main-database-fixture.ts'
import { appendSegments } from './audit-fixtures.ts'
import { catchUpAuditIndex } from './audit-indexer.ts'
import { openAuditReader } from './audit-reader.ts'
import { removeSegments } from './remove-segments.ts'
import { BEFORE, DAY, NOW, retentionHouse, ROWS_A_MONTH, rowsOf, segmentAt } from './retention-fixture.ts'

it('rows older than the bound go, and what is left is proven to be whole', async () => {
  const one = await retentionHouse()
  const before = await rowsOf(one)
  const removed = await one.retain()
  expect(removed).toEqual(onPostgres() ? { rows: 0, months: 3, waiting: 0 } : { rows: 21, months: 0, waiting: 0 })
  const { ok, problems, writers, removed: told } = await one.verify()
  expect({ ok, problems }).toEqual({ ok: true, problems: [] })
  expect(told).toEqual({ on: NOW, before: BEFORE })
  expect(writers.map(({ writer, rows, head }) => [writer, rows, head.seq])).toEqual([
    ['api-1', 12, 30],
    ['executor', 3, 6],
  ])
  const kept = await rowsOf(one)
  expect(kept.slice(0, -1)).toEqual(before.filter((row) => !/ 2025-0[123]/.test(row)))
  expect(kept.at(-1)).toBe('executor-6 2026-06')
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
  await one.deps.checkpoints.write(NOW + DAY, { always: true })
  expect((await one.verify()).ok).toBe(true)
  const lines = readFileSync(one.copy, 'utf8').trim().split('\n')
  writeFileSync(one.copy, lines.filter((line) => !line.includes('removed')).join('\n'))
  expect((await one.verify()).problems.map(({ kind, seq }) => [kind, seq])).toEqual([
    ['missing', 1],
    ['missing', 1],
  ])
  expect((await one.verify({ copy: false })).ok).toBe(true)
  appendFileSync(one.copy, `\n${lines.find((line) => line.includes('removed')) ?? ''}\n`)
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
