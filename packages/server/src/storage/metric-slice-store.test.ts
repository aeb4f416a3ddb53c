import * as fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createMetricSliceStore } from './metric-slice-store.ts'
import { openTestDatabase } from './main-database-fixture.ts'

async function openStore() {
  const database = await openTestDatabase()
  onTestFinished(() => database.close())
  return Object.assign(createMetricSliceStore(database.db), { close: () => database.close() })
}

const STEP_MS = 30_000

describe('metric slice store', () => {
  it('rolls up exactly what was sealed, whatever is sealed twice', async () => {
    const slices = fc.array(fc.record({ slot: fc.nat(130), source: fc.constantFrom('api', 'executor'), ok: fc.nat(100) }), {
      maxLength: 30,
    })
    await fc.assert(
      fc.asyncProperty(slices, async (sealed) => {
        const store = await openStore()
        const expected = new Map<string, number>()
        for (const { slot, source, ok } of sealed) {
          const key = `${slot} ${source}`
          const isNew = await store.seal({
            sliceTs: slot * STEP_MS,
            source,
            metrics: {
              scores: { kind: 'counters', values: { ok } },
              latency: { kind: 'histogram', counts: [ok, 1], max: ok },
              age: { kind: 'gauge', last: slot, max: ok, at: slot },
            },
          })
          expect(isNew).toBe(!expected.has(key))
          if (isNew) expected.set(key, ok)
        }
        const total = [...expected.values()].reduce((a, b) => a + b, 0)
        for (const stepS of [30, 300, 3_600]) {
          const found = await store.read(stepS, 0, Number.MAX_SAFE_INTEGER)
          let counted = 0
          for (const { body } of found) {
            if (body.kind === 'counters') counted += body.values['ok'] ?? 0
            if (body.kind === 'histogram') counted += body.counts[0] ?? 0
          }
          expect(counted).toBe(2 * total)
        }
        await store.close()
      }),
      { numRuns: 10 },
    )
  })

  it('reads in the order of time, source, metric; knows the newest; prunes one length only', async () => {
    const store = await openStore()
    expect(await store.newest(30)).toBeNull()
    const metrics = { b: { kind: 'counters', values: {} }, a: { kind: 'counters', values: {} } } as const
    await store.seal({ sliceTs: 60_000, source: 'x', metrics })
    await store.seal({ sliceTs: 30_000, source: 'y', metrics })
    await store.seal({ sliceTs: 30_000, source: 'x', metrics })
    const read = await store.read(30, 0, 90_000)
    expect(read.map(({ sliceTs, source, metric }) => `${sliceTs} ${source} ${metric}`)).toEqual([
      '30000 x a',
      '30000 x b',
      '30000 y a',
      '30000 y b',
      '60000 x a',
      '60000 x b',
    ])
    expect(await store.newest(30)).toBe(60_000)
    expect(await store.prune(30, 60_000)).toBe(4)
    expect(await store.read(30, 0, 60_000)).toEqual([])
    expect(await store.read(300, 0, 1)).toHaveLength(4)
  })

  it('refuses a slice that does not start on 30 s', async () => {
    const store = await openStore()
    await expect(store.seal({ sliceTs: 1, source: 'x', metrics: {} })).rejects.toThrow(RangeError)
  })
})
