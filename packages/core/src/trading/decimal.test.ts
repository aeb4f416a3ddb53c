import { describe, expect, it } from 'vitest'
import { isDust, roundToStep, type Instrument } from '../market/instrument.ts'
import { Decimal, parseDecimal } from './decimal.ts'

it.each(['NaN', 'Infinity', '', ' 1', '0x1f', '1,5', '1_000', '--1', '1e9999', '9'.repeat(101)])('"%s" is no decimal', (text) => {
  expect(parseDecimal(text)).toBeNull()
})

it('decimals keep every digit that floats lose, and print without an exponent', () => {
  expect(parseDecimal('0.1')?.plus('0.2').toString()).toBe('0.3')
  expect(parseDecimal(1e-12)?.toString()).toBe('0.000000000001')
  expect(parseDecimal('1e21')?.toString()).toBe('1000000000000000000000')
})

describe('an instrument', () => {
  const instrument: Instrument = {
    symbol: 'X',
    base: 'A',
    quote: 'B',
    tickSize: '0.01',
    lotSize: '0.001',
    minQuantity: '0.01',
    maxQuantity: null,
    minNotional: '5',
  }
  it('rounds towards zero to its steps', () => {
    expect(roundToStep(new Decimal('0.0129999'), '0.001').toString()).toBe('0.012')
    expect(roundToStep(new Decimal('-0.0129999'), '0.001').toString()).toBe('-0.012')
  })
  it('has dust below its smallest quantity or value, in whole lots', () => {
    const dust = (quantity: string, price: string) => isDust(new Decimal(quantity), new Decimal(price), instrument)
    expect([dust('0.01', '500'), dust('0.0099', '500'), dust('0.01', '499'), dust('0', '1')]).toEqual([false, true, true, true])
  })
})
