import { expect, it } from 'vitest'
import { balanceDifferences, unknownOrders } from './reconcile.ts'

it('an order under our name that we do not know is found; those of others are passed over', () => {
  const book = ['sp-1', 'sp-2', 'web_7', 'sp-3'].map((clientOrderId) => ({ clientOrderId }))
  expect(unknownOrders(new Set(['sp-1', 'sp-3', 'sp-9']), book)).toEqual(['sp-2'])
})

it('balances are compared by what is free and locked together, within the tolerance', () => {
  const ours = new Map([
    ['USDT', '1000'],
    ['BTC', '0.5'],
    ['ETH', '1'],
  ])
  const venue = [
    { asset: 'USDT', free: '900.0005', locked: '100' },
    { asset: 'BTC', free: '0.4', locked: '0' },
    { asset: 'DOGE', free: '7', locked: '0' },
  ]
  expect(balanceDifferences(ours, venue, '0.000001')).toEqual([
    { asset: 'BTC', ours: '0.5', venue: '0.4' },
    { asset: 'ETH', ours: '1', venue: '0' },
  ])
})
