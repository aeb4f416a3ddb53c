import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { onPostgres } from '../main-database-fixture.ts'
import { appendSegments, auditHouse, event } from './audit-fixtures.ts'
import { HIDDEN_ACTIONS } from '@spark/contract/hidden-actions'
import { type AuditEvent } from './audit-event.ts'
import { openIndexPlace } from './audit-index-place.ts'
import { AuditIndexer } from './audit-indexer.ts'
import type { AuditLocation } from './audit-location.ts'
import type { AuditFilter } from './audit-query.ts'
import type { AuditReader } from './audit-reader.ts'
import { openAuditSource } from './audit-source.ts'

const ACTIONS = ['ml.score', 'order.sent', ...HIDDEN_ACTIONS]

interface World {
  writers: Record<string, AuditEvent[][]>
  indexed: Record<string, number>
}

const someEvent: fc.Arbitrary<AuditEvent> = fc
  .record({
    ts: fc.integer({ min: 1_000, max: 1_030 }),
    action: fc.constantFrom(...ACTIONS),
    strategyId: fc.constantFrom('s-1', 's-2', null),
    traceId: fc.constantFrom('t-1', 't-2', null),
  })
  .map((fields) => event(fields))
const segments = fc.array(fc.array(someEvent, { maxLength: 6 }), { maxLength: 6 })
const world: fc.Arbitrary<World> = fc.record({
  writers: fc.record({ 'api-1': segments, 'api-2': segments, executor: segments }),
  indexed: fc.record({ 'api-1': fc.nat(30), 'api-2': fc.nat(30), executor: fc.nat(30) }),
})
const filter: fc.Arbitrary<AuditFilter> = fc.record(
  {
    action: fc.constantFrom(...ACTIONS),
    strategyId: fc.constantFrom('s-1', 's-2', 's-3'),
    traceId: fc.constantFrom('t-1', 't-3'),
    from: fc.integer({ min: 1_000, max: 1_030 }),
    to: fc.integer({ min: 1_000, max: 1_030 }),
    all: fc.boolean(),
  },
  { requiredKeys: [] },
)

async function build(location: AuditLocation, { writers, indexed }: World): Promise<void> {
  for (const [writer, parts] of Object.entries(writers)) {
    await appendSegments(location, writer, parts)
    const source = openAuditSource(location)
    const chain = await source.chain(writer)
    if (chain === null) throw new Error('no chain')
    const indexer = new AuditIndexer(await openIndexPlace(location, 100), writer, chain)
    await indexer.step(indexed[writer] ?? 0)
    await indexer.close()
    await source.close()
  }
}

/** The same question answered by looking at every event. */
function expectedIds({ writers }: World, asked: AuditFilter): string[] {
  const rows = Object.entries(writers).flatMap(([writer, parts]) =>
    parts.flat().map((item, at) => ({ writer, seq: at + 1, ts: item.ts ?? 0, item })),
  )
  return rows
    .filter(({ ts, item }) => {
      if (
        asked.action === undefined ? asked.all !== true && HIDDEN_ACTIONS.includes(item.action) : item.action !== asked.action
      ) {
        return false
      }
      if (asked.strategyId !== undefined && item.strategyId !== asked.strategyId) return false
      if (asked.traceId !== undefined && item.traceId !== asked.traceId) return false
      return ts >= (asked.from ?? 0) && ts < (asked.to ?? Infinity)
    })
    .sort((a, b) => b.ts - a.ts || (a.writer < b.writer ? 1 : a.writer > b.writer ? -1 : b.seq - a.seq))
    .map(({ writer, seq }) => `${writer}-${seq}`)
}

async function pagedIds(reader: AuditReader, asked: AuditFilter, limit: number): Promise<string[]> {
  const ids: string[] = []
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<AuditReader['list']>> = await reader.list({
      ...asked,
      limit,
      ...(cursor === null ? {} : { cursor }),
    })
    expect(page.items.length).toBeLessThanOrEqual(limit)
    ids.push(...page.items.map(({ id }) => id))
    cursor = page.nextCursor
  } while (cursor !== null)
  return ids
}

describe('audit reader', () => {
  it('gives the same rows in pages of any size, however far the index is', async () => {
    await fc.assert(
      fc.asyncProperty(world, filter, fc.integer({ min: 1, max: 20 }), async (given, asked, limit) => {
        const { location, openReader } = await auditHouse()
        await build(location, given)
        const reader = await openReader()
        const expected = expectedIds(given, asked)
        expect(await pagedIds(reader, asked, limit)).toEqual(expected)
        const exported: string[] = []
        for await (const { id } of reader.exportRows(asked)) exported.push(id)
        expect(exported).toEqual(expected.toReversed())
      }),
      // On PostgreSQL each has a database of its own.
      { numRuns: onPostgres() ? 4 : 40 },
    )
  })

  it('goes on from a cursor while rows arrive and the index moves', async () => {
    const { openWriter, openReader } = await auditHouse()
    const writer = await openWriter('api-1')
    await writer.appendAll(Array.from({ length: 50 }, (_, at) => event({ ts: 1_000 + at })))
    const reader = await openReader({ thread: true })
    const first = await reader.list({ limit: 20 })
    await writer.appendAll(Array.from({ length: 400 }, (_, at) => event({ ts: 2_000 + at })))
    const rest = await reader.list({ limit: 100, cursor: first.nextCursor ?? '' })
    const ids = [...first.items, ...rest.items].map(({ id }) => id)
    expect(ids).toEqual(Array.from({ length: 50 }, (_, at) => `api-1-${50 - at}`))
    expect(rest.nextCursor).toBeNull()
  })

  it('follows each chain from given positions, and sees a writer that appears later', async () => {
    const { openWriter, openReader } = await auditHouse()
    const reader = await openReader({ thread: true })
    expect(await reader.since({}, 10)).toEqual([])
    const api = await openWriter('api-1')
    await api.appendAll([event({ ts: 10 }), event({ ts: 30 }), event({ ts: 20, action: 'controller.tick' })])
    const executor = await openWriter('executor')
    await executor.append(event({ ts: 15 }))
    expect((await reader.since({}, 10)).map(({ id }) => id)).toEqual(['api-1-1', 'executor-1', 'api-1-2', 'api-1-3'])
    expect((await reader.since({ 'api-1': 1, executor: 1 }, 1)).map(({ id, seq }) => [id, seq])).toEqual([['api-1-2', 2]])
    expect(await reader.positions()).toEqual({ 'api-1': 3, executor: 1 })
    expect(await reader.heads()).toEqual({ 'api-1': api.head(), executor: executor.head() })
  })

  it('refuses a cursor it did not give, and a limit out of range', async () => {
    const reader = await (await auditHouse()).openReader()
    const strange = [
      '',
      'x',
      'bnVsbA',
      Buffer.from('[1,"api-1"]').toString('base64url'),
      Buffer.from('[1, "api-1", 2]').toString('base64url'),
    ]
    for (const cursor of strange) {
      await expect(reader.list({ limit: 10, cursor })).rejects.toMatchObject({ code: 'invalid_cursor' })
    }
    for (const limit of [0, 10_001, 1.5]) {
      await expect(reader.list({ limit })).rejects.toMatchObject({ code: 'invalid_limit' })
    }
  })
})
