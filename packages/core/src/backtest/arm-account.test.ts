import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Decision } from '../signal/decision.ts'
import { ArmAccount } from './arm-account.ts'

const FREE = { feeRate: 0, halfSpreadRate: 0, slippageRate: 0 }
const COSTS = { feeRate: 0.001, halfSpreadRate: 0.0001, slippageRate: 0.0004 }

/** One price a candle: open and close. */
function run(account: ArmAccount, steps: readonly (readonly [price: number, decision: Decision])[]): void {
  for (const [price, decision] of steps) {
    account.open(price)
    account.decide(decision)
  }
}

const anySteps = fc.array(fc.tuple(fc.double({ min: 1, max: 1000, noNaN: true }), fc.constantFrom<Decision>(-1, 0, 1)), {
  minLength: 1,
  maxLength: 60,
})

describe('an arm of a backtest', () => {
  it('fills at the open after the decision, and keeps at 0', () => {
    const account = new ArmAccount(FREE)
    run(account, [
      [100, 1],
      [110, 0],
      [121, -1],
      [132, 0],
    ])
    expect(account.totals()).toMatchObject({ candles: 4, candlesHeld: 2, opinions: 2, trades: 1, wins: 1 })
    expect(account.totals().netReturn).toBeCloseTo(132 / 110 - 1, 12)
    expect(account.equity(1)).toBeCloseTo(0.2, 12)
  })

  it('pays fee, half spread and slippage on both sides', () => {
    const account = new ArmAccount(COSTS)
    run(account, [
      [100, 1],
      [100, -1],
      [100, 0],
    ])
    // 1 buys 1 / 100.05 units for a fee of 0.001; they sell at 99.95, less a fee of a thousandth.
    expect(account.totals().netReturn).toBeCloseTo((99.95 / 100.05) * 0.999 - 1.001, 12)
    expect(account.totals()).toMatchObject({ grossReturn: 0, wins: 0, trades: 1 })
  })

  it('values what it holds at the price of the day, and counts only closed positions as net return', () => {
    const account = new ArmAccount(FREE)
    run(account, [
      [100, 1],
      [100, 0],
    ])
    expect(account.equity(150)).toBeCloseTo(0.5, 12)
    expect(account.holds).toBe(true)
    expect(account.totals()).toMatchObject({ trades: 0, netReturn: 0 })
  })

  it('never earns more with costs than without, and without them what was earned is the gross return', () => {
    fc.assert(
      fc.property(anySteps, (steps) => {
        const [free, costly] = [new ArmAccount(FREE), new ArmAccount(COSTS)]
        run(free, steps)
        run(costly, steps)
        expect(free.totals().netReturn).toBeCloseTo(free.totals().grossReturn, 9)
        expect(costly.equity(100)).toBeLessThanOrEqual(free.equity(100) + 1e-12)
        expect(costly.totals().trades).toBe(free.totals().trades)
      }),
    )
  })
})
