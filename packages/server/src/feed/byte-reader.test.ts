import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteReader } from './byte-reader.ts'

function decimalOf(text: string): number {
  const reader = new ByteReader(Buffer.from(text))
  reader.decimal(0)
  return reader.values[0] as number
}

const digits = (max: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...Array.from('0123456789')), minLength: 1, maxLength: max })

describe('numbers read from bytes', () => {
  it('have the bits of Number(text) for every plain decimal', () => {
    const decimal = fc
      .tuple(fc.constantFrom('', '-'), digits(22), fc.option(digits(22)))
      .map(([sign, whole, fraction]) => sign + whole + (fraction === null ? '' : `.${fraction}`))
    fc.assert(
      fc.property(decimal, fc.constantFrom('', ',', '\n', '\r\n'), (text, delimiter) => {
        expect(decimalOf(text + delimiter)).toBe(Number(text))
      }),
      { numRuns: 5000 },
    )
  })

  it('have the bits of Number(text) for every double as JavaScript and Python print it', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const texts = [String(value), value.toExponential(), Math.abs(value) < 1e20 ? value.toFixed(8) : '1']
        expect(texts.map(decimalOf)).toStrictEqual(texts.map(Number))
      }),
      { numRuns: 5000 },
    )
  })

  it('are right at the edge of 2^53', () => {
    for (const text of ['9007199254740991', '9007199254740993', '90071992547.40993', '0.9007199254740993', '18014398509481985'])
      expect(decimalOf(text)).toBe(Number(text))
  })

  it('are NaN for what is not a decimal number', () => {
    for (const text of ['', '-', '.', '1.2.3', '0x10', 'NaN', 'Infinity', '1e', ' 1', '1 ', '"1"', '+1', '1_000', '--1'])
      expect(decimalOf(text)).toBeNaN()
  })

  it('leave the reader on the delimiter', () => {
    const reader = new ByteReader(Buffer.from('1.5,x,2\n3'), 0, 1)
    reader.decimal(0)
    expect(reader.comma()).toBe(true)
    reader.decimal(0)
    expect(reader.values[0]).toBeNaN()
    expect(reader.comma()).toBe(true)
    reader.decimal(0)
    expect([reader.values[0], reader.comma(), reader.atLineEnd()]).toEqual([2, false, true])
    reader.skipLine()
    expect(reader.text()).toBe('3')
  })
})
