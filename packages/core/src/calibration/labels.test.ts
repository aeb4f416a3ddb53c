import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Candle } from '../market/candle.ts'
import {
  breakEvenHitRate,
  createLabelQueue,
  DEFAULT_BARRIERS,
  pushDecision,
  pushLabelCandle,
  roundTripCost,
  type BarrierRule,
  type Label,
  type LabelledDecision,
} from './labels.ts'

const HOUR = 3_600_000
const RULE: BarrierRule = { ...DEFAULT_BARRIERS, costRate: 0.002 }
const FLAT: readonly [number, number, number, number] = [100, 100.5, 99.5, 100]

/** Candles of consecutive hours from [o, h, l, c]; null is a candle that is missing. */
function candles(rows: readonly (readonly [number, number, number, number] | null)[]): Candle[] {
  return rows.flatMap((row, index) => {
    if (row === null) return []
    const [o, h, l, c] = row
    return [{ ts: index * HOUR, o, h, l, c, v: 1 }]
  })
}

/** One label for the first candle's decision (ATR 2), and how many candles it took. */
function labelOf(direction: 1 | -1, rows: Parameters<typeof candles>[0], rule = RULE): Label | null {
  const queue = createLabelQueue('1h', rule)
  const [first, ...rest] = candles(rows)
  if (first === undefined) throw new Error('no candle')
  pushLabelCandle(queue, first)
  pushDecision(queue, { ts: first.ts, direction, confid: 0.6, atr: 2 })
  return rest.flatMap((candle) => pushLabelCandle(queue, candle))[0] ?? null
}

/** What the rule says, written the other way round: one decision at a time, looking forward. */
function lookForward(all: readonly Candle[], decision: LabelledDecision, rule: BarrierRule): Partial<Label> | null {
  const first = all.findIndex(({ ts }) => ts === decision.ts) + 1
  const entry = all[first]
  if (entry?.ts !== decision.ts + HOUR || !(decision.atr > 0)) return null
  const { direction, atr } = decision
  // Prices seen from the position: profit is always up.
  const gain = (price: number) => direction * (price - entry.o)
  for (const [index, candle] of all.slice(first).entries()) {
    const net = (price: number) => gain(price) / entry.o - rule.costRate
    const end = { candlesHeld: index + 1, exitTs: candle.ts + HOUR }
    if (candle.ts >= entry.ts + rule.expiryCandles * HOUR) {
      return { outcome: 'expiry', netReturn: net(candle.o), ambiguous: false, candlesHeld: index, exitTs: candle.ts }
    }
    const worst = Math.min(gain(candle.l), gain(candle.h))
    const best = Math.max(gain(candle.l), gain(candle.h))
    if (worst <= -rule.stopAtrs * atr) {
      const price = gain(candle.o) < -rule.stopAtrs * atr ? candle.o : entry.o - direction * rule.stopAtrs * atr
      return { outcome: 'stop', netReturn: net(price), ambiguous: best >= rule.profitAtrs * atr, ...end }
    }
    if (best >= rule.profitAtrs * atr) {
      return { outcome: 'profit', netReturn: net(entry.o + direction * rule.profitAtrs * atr), ambiguous: false, ...end }
    }
    if (end.exitTs >= entry.ts + rule.expiryCandles * HOUR) {
      return { outcome: 'expiry', netReturn: net(candle.c), ambiguous: false, ...end }
    }
  }
  return null
}

// Prices on a grid of one eighth: touching a barrier exactly is common, and sums are exact.
const eighth = fc.integer({ min: 784, max: 816 }).map((eighths) => eighths / 8)
const row = fc.oneof(
  { weight: 1, arbitrary: fc.constant(null) },
  {
    weight: 9,
    arbitrary: fc.tuple(eighth, eighth, eighth, eighth).map(([a, b, c, d]) => {
      const sorted = [a, b, c, d].toSorted((x, y) => x - y) as [number, number, number, number]
      return [b, sorted[3], sorted[0], c] as const
    }),
  },
)
const market = fc.array(row, { minLength: 2, maxLength: 60 }).map(candles)
const rules = fc.record({
  profitAtrs: fc.constantFrom(0.5, 1, 1.5),
  stopAtrs: fc.constantFrom(0.5, 1, 1.5),
  expiryCandles: fc.integer({ min: 1, max: 6 }),
  costRate: fc.constantFrom(0, 1 / 1024),
})
const decisions = fc.array(fc.tuple(fc.constantFrom(1, -1, 0), fc.constantFrom(0, 1, 2)), { minLength: 60, maxLength: 60 })

function decisionsOn(all: readonly Candle[], drawn: readonly (readonly [number, number])[]): LabelledDecision[] {
  return all.flatMap(({ ts }, index) => {
    const [direction, atr] = drawn[index] ?? [0, 0]
    return direction === 0 ? [] : [{ ts, direction: direction as 1 | -1, confid: 0.5, atr }]
  })
}

function labelAll(all: readonly Candle[], decided: readonly LabelledDecision[], rule: BarrierRule, json = false): Label[] {
  let queue = createLabelQueue('1h', rule)
  const labels: Label[] = []
  for (const candle of all) {
    labels.push(...pushLabelCandle(queue, candle))
    const decision = decided.find(({ ts }) => ts === candle.ts)
    if (decision !== undefined) pushDecision(queue, decision)
    if (json) queue = JSON.parse(JSON.stringify(queue)) as typeof queue
  }
  return labels
}

describe('a label', () => {
  it('is entered at the open of the next candle, with the barriers from there', () => {
    const label = labelOf(1, [FLAT, [110, 111, 109, 111], [111, 112, 110, 111]])
    expect(label).toMatchObject({ entryTs: HOUR, entryPrice: 110, exitPrice: 112, outcome: 'profit', hit: true, candlesHeld: 2 })
    expect(label).toMatchObject({ exitTs: 3 * HOUR, profitDistance: 2 / 110, stopDistance: 2 / 110 })
    expect(label?.netReturn).toBe(2 / 110 - 0.002)
  })
  it('down has its profit below and its stop above', () => {
    expect(labelOf(-1, [FLAT, [100, 101, 98, 98]])).toMatchObject({ outcome: 'profit', exitPrice: 98 })
    expect(labelOf(-1, [FLAT, [100, 102, 99, 99]])).toMatchObject({ outcome: 'stop', exitPrice: 102, hit: false })
  })
  it('that touched both in one candle counts as stop and is marked', () => {
    const label = labelOf(1, [FLAT, [100, 102, 98, 101]])
    expect(label).toMatchObject({ outcome: 'stop', ambiguous: true, hit: false, exitPrice: 98 })
    expect(label?.netReturn).toBe(-0.02 - 0.002)
    expect(labelOf(1, [FLAT, [100, 101.9, 98, 101]])).toMatchObject({ outcome: 'stop', ambiguous: false })
  })
  it('whose stop was jumped over is closed at the open, which is worse', () => {
    expect(labelOf(1, [FLAT, FLAT, [95, 96, 94, 96]])).toMatchObject({ outcome: 'stop', exitPrice: 95 })
    expect(labelOf(-1, [FLAT, FLAT, [105, 106, 104, 104]])).toMatchObject({ outcome: 'stop', exitPrice: 105 })
  })
  it('that touched nothing is closed at the end of its last candle; it hit when it earned more than it cost', () => {
    const rule = { ...RULE, expiryCandles: 2 }
    expect(labelOf(1, [FLAT, FLAT, [100, 101, 99, 100.21]], rule)).toMatchObject({ outcome: 'expiry', hit: true, candlesHeld: 2 })
    expect(labelOf(1, [FLAT, FLAT, [100, 101, 99, 100.2]], { ...rule, costRate: 0.003 })).toMatchObject({ hit: false })
    expect(labelOf(1, [FLAT, FLAT], rule)).toBeNull()
  })
  it('hits at the profit barrier also when the cost is more than the profit', () => {
    expect(labelOf(1, [FLAT, [100, 102, 99, 102]], { ...RULE, costRate: 0.05 })).toMatchObject({
      hit: true,
      netReturn: 0.02 - 0.05,
    })
  })
  it('is not made without the candle of its entry', () => {
    expect(labelOf(1, [FLAT, null, [100, 102, 99, 100]])).toBeNull()
  })
  it('ends at the first open after its expiry when the candles until then are missing', () => {
    const rule = { ...RULE, expiryCandles: 3 }
    expect(labelOf(1, [FLAT, FLAT, null, null, null, [101, 130, 70, 80]], rule)).toMatchObject({
      outcome: 'expiry',
      exitPrice: 101,
      exitTs: 5 * HOUR,
      candlesHeld: 1,
    })
    expect(labelOf(1, [FLAT, FLAT, null, [101, 102, 100, 101]], rule)).toMatchObject({ outcome: 'profit', candlesHeld: 2 })
  })
})

describe('labels of a stream', () => {
  it('come in the order of their decisions: a quick one waits for a slow one', () => {
    const all = candles([FLAT, FLAT, FLAT, [100, 101.5, 99.5, 100], FLAT, FLAT])
    const decided = [
      { ts: 0, direction: 1 as const, confid: 0.6, atr: 50 },
      { ts: HOUR, direction: 1 as const, confid: 0.6, atr: 1 },
    ]
    const queue = createLabelQueue('1h', { ...RULE, expiryCandles: 5 })
    const due = all.map((candle) => {
      const labels = pushLabelCandle(queue, candle).map(({ ts, candlesHeld }) => ({ ts, candlesHeld }))
      const decision = decided.find(({ ts }) => ts === candle.ts)
      if (decision !== undefined) pushDecision(queue, decision)
      return labels
    })
    expect(due.slice(0, 5).flat()).toEqual([])
    expect(due[5]).toEqual([
      { ts: 0, candlesHeld: 5 },
      { ts: HOUR, candlesHeld: 2 },
    ])
  })
  it('are what looking forward from each decision finds, in any market, with any gap', () => {
    fc.assert(
      fc.property(market, decisions, rules, (all, drawn, rule) => {
        const decided = decisionsOn(all, drawn)
        const labels = labelAll(all, decided, rule)
        const expected = decided.map((decision) => ({
          ts: decision.ts,
          seen: lookForward(all, decision, rule),
          atr: decision.atr,
        }))
        const enterable = expected.filter(({ ts, atr }) => atr > 0 && all.some((candle) => candle.ts === ts + HOUR))
        const firstOpen = enterable.findIndex(({ seen }) => seen === null)
        const due = enterable.slice(0, firstOpen === -1 ? enterable.length : firstOpen)
        expect(labels).toHaveLength(due.length)
        for (const [index, { ts, seen }] of due.entries()) {
          const { netReturn, ...rest } = seen ?? {}
          expect(labels[index]).toMatchObject({ ts, ...rest })
          expect(labels[index]?.netReturn).toBeCloseTo(netReturn ?? Number.NaN, 14)
        }
      }),
      { numRuns: 300 },
    )
  })
  it('are the same when the queue is stored and read again after every candle', () => {
    fc.assert(
      fc.property(market, decisions, rules, (all, drawn, rule) => {
        const decided = decisionsOn(all, drawn)
        expect(labelAll(all, decided, rule, true)).toEqual(labelAll(all, decided, rule))
      }),
    )
  })
  it('lose at most stop and cost, and earn at most profit less cost, but for a jump', () => {
    fc.assert(
      fc.property(market, decisions, rules, (all, drawn, rule) => {
        for (const label of labelAll(all, decisionsOn(all, drawn), rule)) {
          if (label.outcome === 'expiry') continue
          expect(label.netReturn).toBeLessThanOrEqual(label.profitDistance - rule.costRate + 1e-15)
          if (label.outcome === 'profit') expect(label.netReturn).toBeCloseTo(label.profitDistance - rule.costRate, 14)
          else expect(label.netReturn).toBeLessThanOrEqual(-label.stopDistance - rule.costRate + 1e-15)
        }
      }),
    )
  })
  it('read no candle after the one that ended them', () => {
    fc.assert(
      fc.property(market, market, decisions, rules, fc.nat(59), (all, other, drawn, rule, cut) => {
        const decided = decisionsOn(all, drawn).filter(({ ts }) => ts < cut * HOUR)
        const mixed = [...all.filter(({ ts }) => ts < cut * HOUR), ...other.filter(({ ts }) => ts >= cut * HOUR)]
        const ended = (labels: readonly Label[]) => labels.filter(({ exitTs }) => exitTs <= cut * HOUR)
        const queued = labelAll(
          all.filter(({ ts }) => ts < cut * HOUR),
          decided,
          rule,
        )
        expect(ended(labelAll(mixed, decided, rule)).slice(0, queued.length)).toEqual(queued)
      }),
    )
  })
})

describe('a queue', () => {
  it('takes no decision without an ATR above 0', () => {
    const queue = createLabelQueue('1h', RULE)
    pushLabelCandle(queue, { ts: 0, o: 1, h: 1, l: 1, c: 1, v: 0 })
    for (const atr of [0, Number.NaN, Number.POSITIVE_INFINITY])
      expect(pushDecision(queue, { ts: 0, direction: 1, confid: 0.5, atr })).toBe(false)
    expect(pushDecision(queue, { ts: 0, direction: 1, confid: 0.5, atr: 1 })).toBe(true)
  })
  it('refuses a decision of another candle, a second one, a candle twice, and a rule without barriers', () => {
    const queue = createLabelQueue('1h', RULE)
    const decision: LabelledDecision = { ts: HOUR, direction: 1, confid: 0.5, atr: 1 }
    const candle = { ts: HOUR, o: 1, h: 1, l: 1, c: 1, v: 0 }
    expect(() => pushDecision(queue, decision)).toThrow(RangeError)
    pushLabelCandle(queue, candle)
    pushDecision(queue, decision)
    expect(() => pushDecision(queue, decision)).toThrow(RangeError)
    expect(() => pushLabelCandle(queue, candle)).toThrow(RangeError)
    const wrong = [
      { profitAtrs: 0 },
      { stopAtrs: Number.NaN },
      { expiryCandles: 0 },
      { expiryCandles: 1.5 },
      { costRate: 1 },
      { costRate: -0.1 },
    ]
    for (const part of wrong) expect(() => createLabelQueue('1h', { ...RULE, ...part })).toThrow(RangeError)
  })
})

describe('break-even', () => {
  it('is not one half once there are costs or uneven barriers', () => {
    const even = { profitDistance: 0.02, stopDistance: 0.02, costRate: 0 }
    expect(breakEvenHitRate(even)).toBe(0.5)
    expect(breakEvenHitRate({ ...even, costRate: 0.002 })).toBeCloseTo(0.55, 15)
    expect(breakEvenHitRate({ ...even, profitDistance: 0.04 })).toBeCloseTo(1 / 3, 15)
    expect(roundTripCost({ feeRate: 0.001, halfSpreadRate: 0.0001, slippageRate: 0.0004 })).toBeCloseTo(0.003, 15)
  })
  it('is the hit rate at which wins and losses cancel out', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.001, max: 1, noNaN: true }),
        fc.double({ min: 0.001, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 0.0009, noNaN: true }),
        (profitDistance, stopDistance, costRate) => {
          const p = breakEvenHitRate({ profitDistance, stopDistance, costRate })
          expect(p * (profitDistance - costRate) - (1 - p) * (stopDistance + costRate)).toBeCloseTo(0, 12)
        },
      ),
    )
  })
})
