import { Decimal } from '@spark/core/trading/decimal'

/** A row of the audit, as far as it is looked at. */
export interface ToldRow {
  action: string
  strategyId?: string | null
  context: Readonly<Record<string, unknown>>
}

interface Fill {
  venue: string
  id: string
  quantity: string
}

/** An order as the audit tells of it. */
export interface Told {
  strategyId: string
  side: string
  candleTs: number
  quantity: string
  fills: Fill[]
  /** By their place in the outbox. */
  last: { place: number; action: string }
  places: number[]
  /** The venue said that it has it. */
  taken: boolean
}

/** An order in the venue's book. */
export interface Placed {
  id: string
  side: string
  filled: string
  state: string
}

const TAKEN: ReadonlySet<string> = new Set(['order.acknowledged', 'order.partly_filled'])
/** What the venue's state of an order must be called at the end of its story in the audit. */
const ENDS: Readonly<Record<string, string>> = {
  filled: 'order.filled',
  cancelled: 'order.cancelled',
  expired: 'order.expired',
}
const ENDED: ReadonlySet<string> = new Set([...Object.values(ENDS), 'order.rejected'])

export const sumOf = (quantities: readonly string[]) => quantities.reduce((sum, one) => sum.plus(one), new Decimal(0))
const isOutside = ({ venue }: Fill): boolean => venue !== 'inside'
const filledOf = (fills: readonly Fill[]) => sumOf(fills.map(({ quantity }) => quantity))

/** The orders of these rows, by their client order id. */
export function toldOrders(rows: Iterable<ToldRow>): Map<string, Told> {
  const orders = new Map<string, Told>()
  for (const { action, strategyId, context } of rows) {
    if (!action.startsWith('order.')) continue
    const id = String(context['clientOrderId'])
    const order: Told = orders.get(id) ?? {
      strategyId: strategyId ?? '',
      side: String(context['side']),
      candleTs: Number(context['candleTs']),
      quantity: String(context['quantity']),
      fills: [],
      last: { place: 0, action: '' },
      places: [],
      taken: false,
    }
    const place = Number(context['outbox'])
    order.places.push(place)
    if (place > order.last.place) order.last = { place, action }
    if (context['fill'] !== undefined) order.fills.push(context['fill'] as Fill)
    order.taken ||= TAKEN.has(action)
    orders.set(id, order)
  }
  for (const order of orders.values()) order.places.sort((a, b) => a - b)
  return orders
}

/** In what the venue's book and the audit differ, when everything has ended: no order twice, none lost, and of each both tell the same. */
export function bookProblems(told: ReadonlyMap<string, Told>, book: readonly Placed[]): string[] {
  const problems: string[] = []
  const ids = new Set(book.map(({ id }) => id))
  if (ids.size < book.length) problems.push('an order is at the venue twice')
  for (const { id, filled, state } of book) {
    const order = told.get(id)
    const known = filledOf((order?.fills ?? []).filter(isOutside))
    if (!known.eq(filled)) problems.push(`${id}: the venue filled ${filled}, the audit says ${known.toString()}`)
    if (order?.last.action !== ENDS[state])
      problems.push(`${id}: the venue says ${state}, the audit ends with ${order?.last.action}`)
  }
  for (const [id, order] of told) {
    problems.push(...storyProblems(id, order))
    if (!ids.has(id) && (order.taken || order.fills.some(isOutside)))
      problems.push(`${id}: lost, the venue had it and has it no more`)
  }
  return problems
}

/** Each has ended, and has what it wanted when it says so. */
function storyProblems(id: string, { places, fills, last, quantity }: Told): string[] {
  const problems: string[] = []
  if (new Set(places).size < places.length) problems.push(`${id}: a row was carried over twice`)
  if (new Set(fills.map((fill) => `${fill.venue} ${fill.id}`)).size < fills.length) problems.push(`${id}: a fill is told twice`)
  if (!ENDED.has(last.action)) problems.push(`${id}: has not ended, the audit ends with ${last.action}`)
  const filled = filledOf(fills)
  if (filled.gt(quantity) || (last.action === 'order.filled' && !filled.eq(quantity)))
    problems.push(`${id}: ${last.action} with ${filled.toString()} of ${quantity}`)
  return problems
}

/** A strategy is long or flat: it never holds more than one entry, never less than nothing, and orders once a candle and side. */
export function strategyProblems(told: ReadonlyMap<string, Told>): string[] {
  const problems: string[] = []
  for (const [strategyId, orders] of Map.groupBy(told.values(), (order) => order.strategyId)) {
    const wanted = orders.filter(({ last }) => last.action !== 'order.rejected')
    for (const [candle, same] of Map.groupBy(wanted, ({ candleTs, side }) => `${side} on candle ${candleTs}`))
      if (same.length > 1) problems.push(`${strategyId}: ${same.length} orders to ${candle}`)
    let holding = new Decimal(0)
    for (const { side, fills, quantity } of orders.toSorted((a, b) => (a.places[0] ?? 0) - (b.places[0] ?? 0))) {
      holding = side === 'buy' ? holding.plus(filledOf(fills)) : holding.minus(filledOf(fills))
      if (holding.lt(0) || (side === 'buy' && holding.gt(quantity))) problems.push(`${strategyId}: holds ${holding.toString()}`)
    }
  }
  return problems
}
