import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Decimal } from '@spark/core/trading/decimal'
import type { Clock } from '../clock.ts'
import { VenueError, type Venue, type VenueFill, type VenueOrder, type VenueOrderRequest } from './venue.ts'

export interface VenueUnderTest {
  venue: Venue
  clock: Pick<Clock, 'nowMs'>
  /** Trades against USDT; the account holds 10,000 USDT and nothing of its base. */
  symbol: string
  /** Lets the market trade at this price: what waits for it fills, and market orders from now on. */
  trade: (price: string) => Promise<void>
  /** Until what the venue has to tell has arrived. */
  settle: () => Promise<void>
  pushed: { fills: VenueFill[]; orders: VenueOrder[] }
  close: () => Promise<void>
}

/** What every venue must do, whatever stands behind it. */
export function testVenue(name: string, open: () => Promise<VenueUnderTest>): void {
  describe(`${name} as a venue`, () => {
    let under: VenueUnderTest
    beforeEach(async () => {
      under = await open()
      await under.trade('100')
    })
    afterEach(() => under.close())

    const request = (change: Partial<VenueOrderRequest> = {}): VenueOrderRequest => ({
      clientOrderId: 'sp-1',
      symbol: under.symbol,
      side: 'buy',
      quantity: '1',
      price: null,
      signedAtMs: under.clock.nowMs(),
      receiveWindowMs: 5000,
      ...change,
    })
    const state = async (id: string) => {
      const order = await under.venue.order(under.symbol, id)
      return order === null ? null : `${order.state} ${new Decimal(order.filledQuantity).toString()}`
    }
    const total = async (asset: string) => {
      const balance = (await under.venue.balances()).find((one) => one.asset === asset)
      return new Decimal(balance?.free ?? 0).plus(balance?.locked ?? 0)
    }
    const refused = async (change: Partial<VenueOrderRequest>): Promise<string> => {
      const error = await under.venue.place(request(change)).then(
        () => null,
        (reason: unknown) => reason,
      )
      expect(error).toBeInstanceOf(VenueError)
      return `${(error as VenueError).kind} ${(error as VenueError).code}`
    }

    it('lists the forms it takes', async () => {
      const [instrument] = await under.venue.instruments([under.symbol, 'NOSUCHPAIR'])
      expect(instrument).toMatchObject({ symbol: under.symbol, quote: 'USDT' })
      for (const step of [instrument?.tickSize, instrument?.lotSize, instrument?.minQuantity, instrument?.minNotional])
        expect(new Decimal(step ?? 0).gt(0)).toBe(true)
    })

    it('fills a market order at once or at the next trade; it says so itself, and its fills add up to it', async () => {
      const placed = await under.venue.place(request())
      expect(placed).toMatchObject({ clientOrderId: 'sp-1', side: 'buy' })
      await under.trade('101')
      await under.settle()
      expect(await state('sp-1')).toBe('filled 1')
      const fills = await under.venue.fills(under.symbol, 0)
      expect(fills.reduce((sum, fill) => sum.plus(fill.quantity), new Decimal(0)).toString()).toBe('1')
      expect(new Set(under.pushed.fills.map((fill) => fill.fillId))).toEqual(new Set(fills.map((fill) => fill.fillId)))
      expect(fills[0]).toMatchObject({ clientOrderId: 'sp-1', symbol: under.symbol, side: 'buy' })
      expect(under.pushed.orders.at(-1)).toMatchObject({ clientOrderId: 'sp-1', state: 'filled' })
    })

    it('takes a client order id once while it is open', async () => {
      await under.venue.place(request({ price: '90' }))
      expect(await refused({ price: '90' })).toBe('refused duplicate_order')
      expect((await under.venue.openOrders([under.symbol])).length).toBe(1)
    })

    it('balances move by price × quantity and fees, exactly', async () => {
      const base = under.symbol.replace('USDT', '')
      const before = await total('USDT')
      await under.venue.place(request({ quantity: '2' }))
      await under.trade('103.5')
      await under.settle()
      await under.venue.place(request({ clientOrderId: 'sp-2', side: 'sell', quantity: '1' }))
      await under.trade('99')
      await under.settle()
      const fills = await under.venue.fills(under.symbol, 0)
      expect(fills.length).toBeGreaterThanOrEqual(2)
      const flow = { [base]: new Decimal(0), USDT: before }
      const add = (asset: string, amount: Decimal) => (flow[asset] = (flow[asset] ?? new Decimal(0)).plus(amount))
      for (const { side, quantity, price, fee, feeAsset } of fills) {
        const sign = side === 'buy' ? 1 : -1
        add(base, new Decimal(quantity).times(sign))
        add('USDT', new Decimal(price).times(quantity).times(-sign))
        add(feeAsset, new Decimal(fee).neg())
      }
      expect((await total('USDT')).toString()).toBe(flow['USDT']?.toString())
      expect((await total(base)).toString()).toBe(flow[base]?.toString())
    })

    it('a limit order waits for its price, is open meanwhile, and can be cancelled', async () => {
      await under.venue.place(request({ price: '90' }))
      await under.trade('95')
      await under.settle()
      expect((await under.venue.openOrders([under.symbol])).map((order) => order.clientOrderId)).toEqual(['sp-1'])
      const cancelled = await under.venue.cancel(under.symbol, 'sp-1')
      expect(cancelled.state).toBe('cancelled')
      await under.trade('80')
      await under.settle()
      expect(await state('sp-1')).toBe('cancelled 0')
      expect(await under.venue.openOrders([under.symbol])).toEqual([])
      expect(await under.venue.fills(under.symbol, 0)).toEqual([])
      expect((await under.venue.balances()).find(({ asset }) => asset === 'USDT')?.locked).toMatch(/^0(\.0+)?$/)
    })

    it('cancelling what is filled says that it is filled; what it does not know, that it does not', async () => {
      await under.venue.place(request())
      await under.trade('100')
      await under.settle()
      expect((await under.venue.cancel(under.symbol, 'sp-1')).state).toBe('filled')
      await expect(under.venue.cancel(under.symbol, 'sp-9')).rejects.toMatchObject({ kind: 'refused', code: 'unknown_order' })
      expect(await under.venue.order(under.symbol, 'sp-9')).toBeNull()
    })

    it.each([
      ['more than the account holds', { quantity: '1000' }, 'refused insufficient_funds'],
      ['a sale of what it does not hold', { side: 'sell' }, 'refused insufficient_funds'],
      ['below the lot', { quantity: '0.000000001' }, 'refused invalid_order'],
      ['no multiple of the lot', { quantity: '1.123456789' }, 'refused invalid_order'],
      ['a limit off the tick', { price: '99.99999999' }, 'refused invalid_order'],
    ] as const)('refuses %s and changes nothing', async (_what, change, expected) => {
      const before = await under.venue.balances()
      expect(await refused(change)).toBe(expected)
      expect(await under.venue.balances()).toEqual(before)
      expect(await under.venue.order(under.symbol, 'sp-1')).toBeNull()
    })
  })
}
