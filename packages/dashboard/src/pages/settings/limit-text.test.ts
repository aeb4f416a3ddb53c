import { describe, expect, it } from 'vitest'
import { createFormat } from '../../format/format.ts'
import { messagesOf } from '../../i18n/messages.ts'
import { limitText, readsTwoWays } from './limit-text.ts'

describe('a limit that somebody types', () => {
  it.each(['3.000', '1.000.000', '3,000', '2,5', '0.125'])('%s could be read in two ways', (text) => {
    expect(readsTwoWays('maxDailyLoss', text)).toBe(true)
  })

  it.each(['3000', '2.5', '2.50', '3.0000', '', '120'])('%s can be read in one way', (text) => {
    expect(readsTwoWays('maxDailyLoss', text)).toBe(false)
  })

  it('may have commas between symbols', () => {
    expect(readsTwoWays('allowedSymbols', 'BTCUSDT,ETHUSDT')).toBe(false)
  })

  it('is shown as its reader writes numbers, with every decimal', () => {
    const en = createFormat('en', messagesOf('en').common.units)
    const tr = createFormat('tr', messagesOf('tr').common.units)
    expect([limitText('6000', en), limitText('6000', tr)]).toEqual(['6,000', '6.000'])
    expect([limitText('2500.555', en), limitText('3', tr)]).toEqual(['2,500.555', '3'])
    expect(limitText('BTCUSDT ETHUSDT', tr)).toBe('BTCUSDT ETHUSDT')
  })
})
