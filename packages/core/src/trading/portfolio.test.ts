import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Instrument } from '../market/instrument.ts'
import { Decimal } from './decimal.ts'
import { applyFill, lotOf, unrealized, type Holding, type PricedFill } from './portfolio.ts'

const INSTRUMENT: Instrument = {
  symbol: 'BTCUSDT',
  base: 'BTC',
  quote: 'USDT',
  tickSize: '0.01',
  lotSize: '0.001',
  minQuantity: '0.001',
  maxQuantity: null,
  minNotional: '1',
}
const fill = (side: 'buy' | 'sell', quantity: string, price: string, fee = '0', feeAsset = 'USDT'): PricedFill => ({
  side,
  quantity,
  price,
  fee,
  feeAsset,
})

describe('a fill', () => {
  it('buys average in, their fee included', () => {
    const first = applyFill(null, fill('buy', '1', '100', '1'), INSTRUMENT)
    expect(first).toMatchObject({ holding: { quantity: '1', averagePrice: '101' }, realized: '0', feeQuote: '1' })
    expect(applyFill(first.holding, fill('buy', '1', '200', '3'), INSTRUMENT).holding).toEqual({
      quantity: '2',
      averagePrice: '152',
    })
  })

  it('sales realise what they bring above their cost, after their fee', () => {
    const held: Holding = { quantity: '2', averagePrice: '152' }
    expect(applyFill(held, fill('sell', '1', '200', '2'), INSTRUMENT)).toEqual({
      holding: { quantity: '1', averagePrice: '152' },
      realized: '46',
      feeQuote: '2',
      flat: false,
    })
  })

  it('a fee in the base asset makes what arrives less, and each unit dearer', () => {
    const bought = applyFill(null, fill('buy', '1', '99.9', '0.001', 'BTC'), INSTRUMENT)
    expect(bought.holding).toEqual({ quantity: '0.999', averagePrice: '100' })
    expect(bought.feeQuote).toBe('0.0999')
  })

  it('what is left below the smallest order is written off and counts as flat', () => {
    const held: Holding = { quantity: '1.0005', averagePrice: '100' }
    expect(applyFill(held, fill('sell', '1', '110'), INSTRUMENT)).toMatchObject({
      holding: { quantity: '0' },
      realized: '9.95',
      flat: true,
    })
  })

  it('of more than is held is refused', () => {
    expect(() => applyFill({ quantity: '1', averagePrice: '1' }, fill('sell', '1.001', '2'), INSTRUMENT)).toThrow(RangeError)
  })
})

it('money is conserved: what flowed and what is held is what was made', () => {
  const step = fc.record({
    side: fc.constantFrom<'buy' | 'sell'>('buy', 'sell'),
    lots: fc.integer({ min: 1, max: 5000 }),
    cents: fc.integer({ min: 100, max: 1_000_000 }),
    fee: fc.integer({ min: 0, max: 100 }),
    inBase: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      let holding: Holding | null = null
      let cash = new Decimal(0)
      let made = new Decimal(0)
      let writtenOff = new Decimal(0)
      let last = new Decimal(1)
      for (const { side, lots, cents, fee, inBase } of steps) {
        const price = new Decimal(cents).div(100)
        const held: Decimal = new Decimal(holding?.quantity ?? 0)
        const quantity = side === 'buy' ? new Decimal(lots).times('0.001') : held.div('0.001').trunc().times('0.001')
        if (quantity.lte(0)) continue
        const base = side === 'buy' && inBase
        const paid = base ? quantity.times(fee).div(100_000) : new Decimal(fee).div(100)
        const effect = applyFill(
          holding,
          fill(side, quantity.toString(), price.toString(), paid.toString(), base ? 'BTC' : 'USDT'),
          INSTRUMENT,
        )
        cash = cash.plus(quantity.times(price).times(side === 'buy' ? -1 : 1)).minus(base ? 0 : paid)
        made = made.plus(effect.realized)
        if (effect.flat) writtenOff = held.minus(quantity)
        holding = effect.holding
        last = price
        if (effect.flat) expect(writtenOff.times(price).lt(1) || writtenOff.lt('0.001')).toBe(true)
      }
      const value = new Decimal(holding?.quantity ?? 0).times(last)
      const open = holding === null ? new Decimal(0) : unrealized(lotOf([holding]), last)
      expect(made.plus(open).minus(cash.plus(value)).abs().lt('1e-20')).toBe(true)
    }),
  )
})
