import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { isDust, type Instrument } from '../market/instrument.ts'
import { Decimal } from './decimal.ts'
import { netWishes } from './net.ts'

const PRICE = new Decimal(100)
const INSTRUMENT: Instrument = {
  symbol: 'BTCUSDT',
  base: 'BTC',
  quote: 'USDT',
  tickSize: '0.01',
  lotSize: '0.01',
  minQuantity: '0.02',
  maxQuantity: null,
  minNotional: '5',
}
const net = (...wishes: [id: string, side: 'buy' | 'sell', quantity: string][]) =>
  netWishes(
    wishes.map(([intentId, side, quantity]) => ({ intentId, side, quantity })),
    PRICE,
    INSTRUMENT,
  )

it('opposite wishes meet inside, first come first served; the rest goes to the venue', () => {
  expect(net(['a', 'buy', '2'], ['b', 'sell', '1'], ['c', 'sell', '3'])).toEqual({
    crosses: [
      { buyIntentId: 'a', sellIntentId: 'b', quantity: '1' },
      { buyIntentId: 'a', sellIntentId: 'c', quantity: '1' },
    ],
    rest: [{ intentId: 'c', quantity: '2' }],
  })
  expect(net(['a', 'buy', '2'], ['b', 'buy', '1']).crosses).toEqual([])
})

it('a rest that the venue would refuse is avoided', () => {
  // 0.01 left would be worth 1, the venue takes 5: both keep 0.05 or more.
  expect(net(['a', 'buy', '1.01'], ['b', 'sell', '1'])).toEqual({
    crosses: [{ buyIntentId: 'a', sellIntentId: 'b', quantity: '0.95' }],
    rest: [
      { intentId: 'a', quantity: '0.06' },
      { intentId: 'b', quantity: '0.05' },
    ],
  })
})

it('conserves every wish, buys as much as it sells, and leaves nothing that the venue refuses', () => {
  const wish = fc.record({ side: fc.constantFrom<'buy' | 'sell'>('buy', 'sell'), lots: fc.integer({ min: 5, max: 400 }) })
  fc.assert(
    fc.property(fc.array(wish, { maxLength: 12 }), (wishes) => {
      const given = wishes.map(({ side, lots }, at) => ({
        intentId: `w${at}`,
        side,
        quantity: new Decimal(lots).times('0.01').toString(),
      }))
      const { crosses, rest } = netWishes(given, PRICE, INSTRUMENT)
      const sum = (values: string[]) => values.reduce((total, value) => total.plus(value), new Decimal(0))
      for (const { intentId, side, quantity } of given) {
        const own = crosses.filter((cross) => (side === 'buy' ? cross.buyIntentId : cross.sellIntentId) === intentId)
        const left = rest.filter((one) => one.intentId === intentId)
        expect(sum([...own, ...left].map((part) => part.quantity)).toString()).toBe(quantity)
        for (const one of left) expect(isDust(new Decimal(one.quantity), PRICE, INSTRUMENT)).toBe(false)
      }
      for (const { quantity } of crosses) expect(new Decimal(quantity).gt(0)).toBe(true)
    }),
  )
})
