import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Instrument } from '../market/instrument.ts'
import { Decimal } from './decimal.ts'
import { DEFAULT_RISK_LIMITS, RISK_CODES, checkOrder, type CheckedOrder, type RiskFacts, type RiskLimits } from './risk.ts'

const INSTRUMENT: Instrument = {
  symbol: 'BTCUSDT',
  base: 'BTC',
  quote: 'USDT',
  tickSize: '0.01',
  lotSize: '0.001',
  minQuantity: '0.001',
  maxQuantity: '100',
  minNotional: '5',
}
const ORDER: CheckedOrder = { symbol: 'BTCUSDT', side: 'buy', purpose: 'enter', quantity: '1', referencePrice: '100' }
const FACTS: RiskFacts = {
  nowMs: 1_000_000,
  lastPrice: { price: 100, ts: 1_000_000 },
  instrument: INSTRUMENT,
  strategyNotional: '0',
  totalNotional: '0',
  capital: '1000',
  ordersLastMinute: 0,
  repeats: 0,
  duplicate: false,
  killed: false,
  equity: { now: '120000', dayStart: '120000', peak: '120000' },
}
const code = (order: Partial<CheckedOrder> = {}, facts: Partial<RiskFacts> = {}, limits: Partial<RiskLimits> = {}) =>
  checkOrder({ ...DEFAULT_RISK_LIMITS, ...limits }, { ...ORDER, ...order }, { ...FACTS, ...facts })?.code ?? null

describe('an order', () => {
  it('within every limit passes', () => expect(code()).toBeNull())

  it.each<[string, Parameters<typeof code>, Parameters<typeof code>]>([
    ['risk_order_value', [{ quantity: '10' }], [{ quantity: '10.001' }, { capital: '9999' }]],
    ['risk_capital', [{}, { capital: '100' }], [{}, { capital: '99.99' }]],
    ['risk_strategy_position', [{}, { strategyNotional: '900' }], [{}, { strategyNotional: '900.01', capital: '9999' }]],
    ['risk_total_position', [{}, { totalNotional: '149900' }], [{}, { totalNotional: '149900.000001' }]],
    ['risk_price_collar', [{ referencePrice: '105' }], [{ referencePrice: '105.01' }]],
    ['risk_price_collar', [{ referencePrice: '95' }], [{ referencePrice: '94.99' }]],
    ['risk_price_too_old', [{}, { nowMs: 1_120_000 }], [{}, { nowMs: 1_120_001 }]],
    ['risk_price_too_old', [{}, { nowMs: 880_000 }], [{}, { nowMs: 879_999 }]],
    ['risk_order_rate', [{}, { ordersLastMinute: 599 }], [{}, { ordersLastMinute: 600 }]],
    ['risk_repeated', [{}, { repeats: 9 }], [{}, { repeats: 10 }]],
    [
      'risk_daily_loss',
      [{}, { equity: { now: '114000', dayStart: '120000', peak: '120000' } }],
      [{}, { equity: { now: '113999.99', dayStart: '120000', peak: '120000' } }],
    ],
    [
      'risk_drawdown',
      [{}, { equity: { now: '96000', dayStart: '96000', peak: '120000' } }],
      [{}, { equity: { now: '95999.99', dayStart: '96000', peak: '120000' } }],
    ],
    ['risk_symbol_not_allowed', [{}, {}, { allowedSymbols: ['BTCUSDT'] }], [{}, {}, { allowedSymbols: ['ETHUSDT'] }]],
    ['risk_venue_form', [{ quantity: '0.05' }], [{ quantity: '0.0501' }]],
    ['risk_venue_form', [{ quantity: '0.05' }], [{ quantity: '0.049' }]],
    ['risk_venue_form', [{ quantity: '0.05' }], [{ quantity: '0.05' }, { instrument: null }]],
    [
      'risk_venue_form',
      [{ quantity: '0.2' }, { instrument: { ...INSTRUMENT, minQuantity: '0.2' } }],
      [{ quantity: '0.199' }, { instrument: { ...INSTRUMENT, minQuantity: '0.2' } }],
    ],
    [
      'risk_venue_form',
      [{ quantity: '2' }, { instrument: { ...INSTRUMENT, maxQuantity: '2' } }],
      [{ quantity: '2.001' }, { instrument: { ...INSTRUMENT, maxQuantity: '2' } }],
    ],
    ['risk_killed', [{}, { killed: false }], [{}, { killed: true }]],
    ['risk_duplicate', [{}, { duplicate: false }], [{}, { duplicate: true }]],
    ['risk_no_reference_price', [], [{}, { lastPrice: null }]],
    ['risk_no_equity', [], [{}, { equity: null }]],
    [
      'risk_no_equity',
      [{}, { equity: { now: '0.01', dayStart: '0.01', peak: '0.01' } }],
      [{}, { equity: { now: '0', dayStart: '0', peak: '0' } }],
    ],
  ])('%s: at the limit it passes, one step beyond it does not', (expected, at, beyond) => {
    expect(code(...at)).toBeNull()
    expect(code(...beyond)).toBe(expected)
  })

  it.each(['NaN', 'Infinity', '-Infinity', '-1', '0', '', 'abc', '0x10', '1,5', '1e400x'])(
    'of quantity or price "%s" is refused',
    (text) => {
      expect(code({ quantity: text })).toBe('risk_not_a_number')
      expect(code({ referencePrice: text })).toBe('risk_not_a_number')
    },
  )

  it('of 1e308, or against a price that is none, is refused', () => {
    expect(code({ quantity: '1e308' })).not.toBeNull()
    expect(code({ referencePrice: '1e308' })).not.toBeNull()
    for (const price of [Number.NaN, Number.POSITIVE_INFINITY, -1, 0])
      expect(code({}, { lastPrice: { price, ts: 1_000_000 } })).toBe('risk_no_reference_price')
    expect(code({}, { lastPrice: { price: 100, ts: Number.NaN } })).toBe('risk_price_too_old')
  })

  const NO_NUMBERS = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]

  it.each(['strategyNotional', 'totalNotional', 'capital'] as const)('is refused when %s is no sum of money', (key) => {
    for (const text of [...NO_NUMBERS.map(String), '', 'x', '1,5', '0x10'])
      expect(code({}, { [key]: text }), text).toBe('risk_check_failed')
    for (const text of ['-0.01', '-1e308']) expect(code({}, { [key]: text }), text).not.toBeNull()
    if (key !== 'capital') expect(code({}, { [key]: '1e308' })).toMatch(/risk_capital|risk_total_position/)
  })

  it.each(['ordersLastMinute', 'repeats'] as const)('is refused when %s is no count', (key) => {
    for (const value of [...NO_NUMBERS, -1, 0.5, 1e308])
      expect(code({}, { [key]: value }), String(value)).toBe('risk_check_failed')
  })

  it.each(['now', 'dayStart', 'peak'] as const)('is refused when equity %s cannot be read', (key) => {
    for (const text of [...NO_NUMBERS.map(String), ''])
      expect(code({}, { equity: { now: '120000', dayStart: '120000', peak: '120000', [key]: text } }), text).toBe(
        'risk_check_failed',
      )
    expect(code({}, { equity: { now: '-1e308', dayStart: '120000', peak: '120000' } })).toBe('risk_daily_loss')
    expect(code({}, { equity: { now: '120000', dayStart: '120000', peak: '1e308' } })).toBe('risk_drawdown')
  })

  it.each([
    'priceCollarPercent',
    'maxPriceAgeMs',
    'maxOrderNotional',
    'maxStrategyNotional',
    'maxTotalNotional',
    'maxOrdersPerMinute',
    'maxRepeats',
    'maxDailyLoss',
    'maxDrawdownPercent',
  ] as const)('is refused when the limit %s is no number or negative, and passes when it is 1e308', (key) => {
    const text = typeof DEFAULT_RISK_LIMITS[key] === 'string'
    const limited = (value: number) =>
      code({ referencePrice: '100.01' }, { nowMs: 1_000_001 }, { [key]: text ? String(value) : value })
    for (const value of [Number.NaN, Number.NEGATIVE_INFINITY, -1, -1e308]) expect(limited(value), String(value)).not.toBeNull()
    if (text) expect(limited(Number.POSITIVE_INFINITY)).not.toBeNull()
    expect(limited(1e308)).toBeNull()
  })

  it('is refused when the time is none', () => {
    for (const nowMs of NO_NUMBERS) expect(code({}, { nowMs })).toBe('risk_price_too_old')
    for (const ts of NO_NUMBERS) expect(code({}, { lastPrice: { price: 100, ts } })).toBe('risk_price_too_old')
  })

  it('that exits passes whatever the limits say, but not twice and not in a wrong form', () => {
    const worst: Partial<RiskFacts> = {
      killed: true,
      lastPrice: null,
      equity: null,
      ordersLastMinute: 1e9,
      repeats: 1e9,
      totalNotional: '1e30',
      capital: '0',
    }
    for (const purpose of ['exit', 'flatten'] as const) {
      expect(code({ purpose, side: 'sell' }, worst)).toBeNull()
      expect(code({ purpose, side: 'buy' }, worst)).toBe('risk_killed')
      expect(code({ purpose, side: 'sell' }, { ...worst, duplicate: true })).toBe('risk_duplicate')
      expect(code({ purpose, side: 'sell', quantity: '0.0001' }, worst)).toBe('risk_venue_form')
    }
  })
})

it('never throws, and widening a limit never turns a yes into a no', () => {
  const decimal = fc.oneof(
    fc.double().map(String),
    fc.integer({ min: 0, max: 2000 }).map(String),
    fc.constantFrom('', 'x', '1e308'),
  )
  fc.assert(
    fc.property(
      fc.record({ quantity: decimal, referencePrice: decimal }),
      fc.record({ strategyNotional: decimal, totalNotional: decimal, capital: decimal, repeats: fc.nat(20) }),
      fc.constantFrom('maxOrderNotional', 'maxStrategyNotional', 'maxTotalNotional', 'maxDailyLoss'),
      (order, facts, key) => {
        const narrow = checkOrder(DEFAULT_RISK_LIMITS, { ...ORDER, ...order }, { ...FACTS, ...facts })
        const wide = checkOrder({ ...DEFAULT_RISK_LIMITS, [key]: '1e12' }, { ...ORDER, ...order }, { ...FACTS, ...facts })
        if (narrow === null) expect(wide).toBeNull()
        else expect(RISK_CODES).toContain(narrow.code)
      },
    ),
  )
})

it('orders checked one after the other against sums of the accepted ones never exceed a limit together', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 50, max: 10_000 }), { maxLength: 60 }), (lots) => {
      const limits = { ...DEFAULT_RISK_LIMITS, maxTotalNotional: '3000', maxStrategyNotional: '2000' }
      let total = new Decimal(0)
      for (const lot of lots) {
        const quantity = new Decimal(lot).div(1000)
        const facts = { ...FACTS, capital: '5000', strategyNotional: total.toString(), totalNotional: total.toString() }
        if (checkOrder(limits, { ...ORDER, quantity: quantity.toString() }, facts) === null)
          total = total.plus(quantity.times(100))
      }
      expect(total.lte(2000)).toBe(true)
    }),
  )
})
