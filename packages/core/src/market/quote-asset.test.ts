import { expect, it } from 'vitest'
import { quoteAsset } from './quote-asset.ts'

it.each([
  ['BTCUSDT', 'USDT'],
  ['ETHBTC', 'BTC'],
  ['BTCTRY', 'TRY'],
  ['USDT', null],
  ['BTCXYZ', null],
])('%s is priced in %s', (symbol, asset) => {
  expect(quoteAsset(symbol)).toBe(asset)
})
