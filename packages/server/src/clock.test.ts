import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ManualClock, createFastClock, fastNowMs } from './clock.ts'

const REAL_MS = Date.UTC(2026, 10, 25)
const speeds = fc.integer({ min: 2, max: 60 })
const spans = fc.integer({ min: 0, max: 10 * 365 * 86_400_000 })

describe('a fast clock', () => {
  it('passes speed times the real time from its anchor on, wall and monotonic alike', () =>
    fc.assert(
      fc.asyncProperty(speeds, fc.array(fc.integer({ min: 1, max: 100_000 }), { maxLength: 10 }), async (speed, waits) => {
        const real = new ManualClock(REAL_MS)
        const clock = createFastClock(real, { fastMs: 5000, realMs: REAL_MS, speed })
        for (const ms of waits) await real.advance(ms)
        const passedMs = waits.reduce((sum, ms) => sum + ms, 0)
        expect(clock.nowMs()).toBe(5000 + passedMs * speed)
        expect(clock.monotonicMs()).toBe(passedMs * speed)
        expect(clock.realMs()).toBe(passedMs)
      }),
    ))

  it('never goes back, also over changes of speed, and jumps at none of them', () =>
    fc.assert(
      fc.property(fc.array(fc.tuple(speeds, spans), { minLength: 1, maxLength: 20 }), (lives) => {
        let realMs = REAL_MS
        let anchor = { fastMs: REAL_MS, realMs, speed: lives[0]?.[0] ?? 2 }
        let lastMs = REAL_MS
        for (const [speed, spanMs] of lives) {
          anchor = { fastMs: fastNowMs(anchor, realMs), realMs, speed }
          expect(fastNowMs(anchor, realMs)).toBe(lastMs)
          realMs += spanMs
          const nowMs = fastNowMs(anchor, realMs)
          expect(nowMs - lastMs).toBe(spanMs * speed)
          lastMs = nowMs
        }
      }),
    ))

  it('fires timers after their time, never before it', () =>
    fc.assert(
      fc.asyncProperty(speeds, fc.integer({ min: 1, max: 60_000 }), async (speed, delayMs) => {
        const real = new ManualClock(REAL_MS)
        const clock = createFastClock(real, { fastMs: REAL_MS, realMs: REAL_MS, speed })
        const fired: number[] = []
        clock.after(delayMs, () => fired.push(clock.nowMs()))
        void clock.sleep(delayMs).then(() => fired.push(clock.nowMs()))
        await real.advance(Math.ceil(delayMs / speed))
        expect(fired).toHaveLength(2)
        for (const nowMs of fired) {
          expect(nowMs).toBeGreaterThanOrEqual(REAL_MS + delayMs)
          expect(nowMs).toBeLessThan(REAL_MS + delayMs + speed)
        }
      }),
    ))

  it('calls every period of its own time, until it is cancelled', async () => {
    const real = new ManualClock(REAL_MS)
    const clock = createFastClock(real, { fastMs: REAL_MS, realMs: REAL_MS, speed: 50 })
    let calls = 0
    const cancel = clock.every(5000, () => (calls += 1))
    await real.advance(1000)
    expect(calls).toBe(10)
    cancel()
    await real.advance(1000)
    expect(calls).toBe(10)
  })
})
