import { expect } from 'vitest'
import { Decimal } from '@spark/core/trading/decimal'
import type { AuditLocation } from '@spark/server/storage/audit/audit-location'
import { openAuditReader } from '@spark/server/storage/audit/audit-reader'
import { verifyAudit } from '@spark/server/storage/audit/verify-audit'
import { openPaperBook } from '@spark/server/storage/open-paper-book'

/** Where a life kept everything. */
export interface Place {
  folder: string
  databasePath: string
  /** Of the venue. */
  bookPath: string
}

interface Fill {
  venue: string
  id: string
  quantity: string
  price: string
}

/** An order as the audit tells of it. */
interface Told {
  strategyId: string
  side: string
  candleTs: number
  quantity: string
  fills: Fill[]
  /** By their place in the outbox. */
  last: { place: number; action: string }
  places: number[]
}

interface Placed {
  id: string
  side: string
  filled: string
  state: string
}

/** What the venue's state of an order must be called at the end of its story in the audit. */
const ENDS: Readonly<Record<string, string>> = {
  filled: 'order.filled',
  cancelled: 'order.cancelled',
  expired: 'order.expired',
}
const sumOf = (quantities: readonly string[]) => quantities.reduce((sum, one) => sum.plus(one), new Decimal(0))

/** Reads only the venue's book and the audit, when everything has ended: no order twice, none lost, and both tell the same. */
export async function checkBooks({ folder, databasePath, bookPath }: Place): Promise<void> {
  const location = { dataDir: folder, databasePath }
  const told = await readAudit(location)
  const { orders, held } = await readVenue(bookPath)
  expect(orders.length, 'orders at the venue').toBeGreaterThan(0)
  expect(new Set(orders.map(({ id }) => id)).size, 'an order is at the venue twice').toBe(orders.length)
  for (const { id, filled, state } of orders) {
    const order = told.get(id)
    const fills = (order?.fills ?? []).filter(({ venue }) => venue === 'paper')
    expect(sumOf(fills.map(({ quantity }) => quantity)).toString(), `the venue filled ${id}`).toBe(filled)
    expect(order?.last.action, `the venue says ${state} of ${id}`).toBe(ENDS[state])
  }
  const ids = new Set(orders.map(({ id }) => id))
  for (const [id, order] of told) {
    const what = `${order.strategyId} ${order.side} ${id}`
    expect(new Set(order.places).size, `${what} is carried over once`).toBe(order.places.length)
    expect(new Set(order.fills.map((fill) => `${fill.venue} ${fill.id}`)).size, `${what}: a fill is told twice`).toBe(
      order.fills.length,
    )
    // None lost: each has ended, and has what it wanted when it says so.
    expect(['order.filled', 'order.cancelled', 'order.expired', 'order.rejected'], what).toContain(order.last.action)
    const filled = sumOf(order.fills.map(({ quantity }) => quantity))
    expect(filled.lte(order.quantity), `${what} filled ${filled.toString()} of ${order.quantity}`).toBe(true)
    if (order.last.action === 'order.filled') expect(filled.toString(), what).toBe(order.quantity)
    if (!ids.has(id))
      expect(
        order.fills.filter(({ venue }) => venue !== 'inside'),
        `${what} is not at the venue`,
      ).toEqual([])
  }
  checkStrategies(told)
  const all = [...told.values()].flatMap(({ side, fills }) => fills.map((fill) => ({ side, ...fill })))
  const net = sumOf(all.map(({ side, quantity }) => (side === 'buy' ? quantity : `-${quantity}`)))
  expect(net.toString(), 'what is held').toBe(held)
  const inside = (side: string) =>
    sumOf(all.filter((one) => one.venue === 'inside' && one.side === side).map((one) => one.quantity))
  expect(inside('buy').toString(), 'what met inside').toBe(inside('sell').toString())
  expect((await verifyAudit(location)).problems).toEqual([])
}

/** A strategy is long or flat: it never holds more than one entry, never less than nothing, and orders once a candle and side. */
function checkStrategies(told: ReadonlyMap<string, Told>): void {
  for (const [strategyId, orders] of Map.groupBy(told.values(), (order) => order.strategyId)) {
    const wanted = orders.filter(({ last }) => last.action !== 'order.rejected')
    const candles = wanted.map(({ candleTs, side }) => `${candleTs} ${side}`)
    expect(new Set(candles).size, `${strategyId} ordered twice on a candle`).toBe(candles.length)
    let holding = new Decimal(0)
    for (const { side, fills, quantity } of orders.toSorted((a, b) => (a.places[0] ?? 0) - (b.places[0] ?? 0))) {
      const filled = sumOf(fills.map((fill) => fill.quantity))
      holding = side === 'buy' ? holding.plus(filled) : holding.minus(filled)
      expect(holding.gte(0) && holding.lte(side === 'buy' ? quantity : '1e9'), `${strategyId} holds ${holding.toString()}`).toBe(
        true,
      )
    }
  }
}

async function readVenue(path: string): Promise<{ orders: Placed[]; held: string }> {
  const { db, close } = await openPaperBook({ path, thread: false })
  const orders = await db
    .selectFrom('paper_order')
    .select(['client_order_id as id', 'side', 'filled_quantity as filled', 'state'])
    .execute()
  const balance = await db.selectFrom('paper_balance').select(['free', 'locked']).where('asset', '=', 'LTC').executeTakeFirst()
  await close()
  return { orders, held: new Decimal(balance?.free ?? 0).plus(balance?.locked ?? 0).toString() }
}

async function readAudit(location: AuditLocation): Promise<Map<string, Told>> {
  const reader = openAuditReader({ ...location, thread: false })
  const told = new Map<string, Told>()
  for await (const { action, strategyId, context } of reader.exportRows({ all: true })) {
    if (!action.startsWith('order.')) continue
    const id = String(context['clientOrderId'])
    const order: Told = told.get(id) ?? {
      strategyId: strategyId ?? '',
      side: String(context['side']),
      candleTs: Number(context['candleTs']),
      quantity: String(context['quantity']),
      fills: [],
      last: { place: 0, action: '' },
      places: [],
    }
    const place = Number(context['outbox'])
    order.places.push(place)
    if (place > order.last.place) order.last = { place, action }
    if (context['fill'] !== undefined) order.fills.push(context['fill'] as Fill)
    told.set(id, order)
  }
  await reader.close()
  for (const order of told.values()) order.places.sort((a, b) => a - b)
  return told
}
