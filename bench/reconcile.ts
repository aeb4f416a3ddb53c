// Our book against the venue's, 10,000 orders open in both, and 1,000 orders that filled while nobody listened: how long it takes,
// and how long the event loop stands still meanwhile.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { systemClock } from '@spark/server/clock'
import { settleVenueOrder } from '@spark/server/executor/orders/settle-order'
import { planOrders } from '@spark/server/executor/orders/plan-orders'
import { reconcileVenue } from '@spark/server/executor/orders/reconcile-venue'
import { formatNumber, median, type Figure } from './figure.ts'
import { PRICE, STREAM, openPath, wishOf, type OpenPath } from './order-path.ts'
import { bench, durationMs, progress } from './support.ts'

const ORDERS = 10_000
const MISSED_ORDERS = 1000
const PLANNED_AT_ONCE = 500

/** Orders that the venue has and has acknowledged. */
async function openOrders({ path, venue }: OpenPath, count: number): Promise<void> {
  await venue.onPrice({ symbol: STREAM.symbol, price: PRICE, ts: systemClock.nowMs() })
  await reconcileVenue(path, { strict: true })
  for (let at = 0; at < count; at += PLANNED_AT_ONCE) {
    const ids = Array.from({ length: Math.min(PLANNED_AT_ONCE, count - at) }, (_, offset) => at + offset)
    const orders = await planOrders(path, ids.map(wishOf))
    for (const { intentId, clientOrderId, symbol, side, quantity } of orders) {
      await path.orders.change(path.db, intentId, { state: 'sending', sendingAt: systemClock.nowMs() }, systemClock.nowMs())
      const signedAtMs = systemClock.nowMs()
      const seen = await venue.place({ clientOrderId, symbol, side, quantity, price: null, signedAtMs, receiveWindowMs: 5000 })
      await settleVenueOrder(path, seen)
    }
  }
}

interface Timed {
  ms: number
  /** Longest time for which nothing else of the process ran. */
  blockedMs: number
}

async function timed(work: () => Promise<unknown>): Promise<Timed> {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  // The first sample begins with the first turn of the loop.
  await systemClock.sleep(20)
  delay.reset()
  const ms = await durationMs(work)
  await systemClock.sleep(5)
  delay.disable()
  return { ms, blockedMs: delay.max / 1e6 }
}

async function reconciled({ path }: OpenPath): Promise<Timed> {
  return timed(async () => {
    const differences = await reconcileVenue(path, { strict: false })
    if (differences.length > 0) throw new Error(`the books differ: ${differences.join('; ')}`)
  })
}

/** What a comparison cannot do without: both lists, read. */
function listsRead({ path, venue }: OpenPath): Promise<Timed> {
  return timed(async () => {
    await path.orders.open(path.db)
    await venue.openOrders([STREAM.symbol])
  })
}

await bench({ rounds: 5 }, async ({ rounds, folder }) => {
  const opened = await openPath(folder)
  progress(`reconcile: opening ${ORDERS} orders`)
  await openOrders(opened, ORDERS)
  const pairs: { own: Timed; lists: Timed }[] = []
  // The first round warms up.
  for (let round = 0; round <= rounds; round++) {
    const pair = { own: await reconciled(opened), lists: await listsRead(opened) }
    progress(
      `reconcile, round ${round}/${rounds}: ${formatNumber(pair.own.ms)} ms, blocked ${formatNumber(pair.own.blockedMs)} ms`,
    )
    if (round > 0) pairs.push(pair)
  }
  await opened.close()
  const missed: Timed[] = []
  for (let round = 1; round <= rounds; round++) {
    const other = await openPath(folder)
    await openOrders(other, MISSED_ORDERS)
    await other.venue.onPrice({ symbol: STREAM.symbol, price: PRICE, ts: systemClock.nowMs() })
    missed.push(await reconciled(other))
    await other.close()
    progress(`reconcile, missed fills, round ${round}/${rounds}: ${formatNumber(missed.at(-1)?.ms ?? 0)} ms`)
  }
  return figuresOf(pairs, missed)
})

function figuresOf(pairs: readonly { own: Timed; lists: Timed }[], missed: readonly Timed[]): Figure[] {
  const of = <One>(list: readonly One[], pick: (one: One) => number) => formatNumber(median(list.map(pick)))
  const baseline = 'both lists read, nothing compared'
  const many = ORDERS.toLocaleString('en')
  return [
    {
      what: `${many} orders open at the venue, reconciled`,
      baseline,
      unit: 'times its duration',
      values: pairs.map(({ own, lists }) => own.ms / lists.ms),
      target: null,
      note: `${of(pairs, ({ own }) => own.ms)} ms against ${of(pairs, ({ lists }) => lists.ms)} ms; happens every 10 s; orders, fills and balances, of which nothing differs`,
    },
    {
      what: `${many} orders open at the venue, reconciled, longest stall`,
      baseline,
      unit: 'ms',
      values: pairs.map(({ own }) => own.blockedMs),
      target: null,
      note: `of the event loop; baseline ${of(pairs, ({ lists }) => lists.blockedMs)} ms`,
    },
    {
      what: `${MISSED_ORDERS.toLocaleString('en')} orders filled while nobody listened, reconciled`,
      baseline: null,
      unit: 'ms',
      values: missed.map(({ ms }) => ms),
      target: null,
      note: `${of(missed, ({ ms }) => (MISSED_ORDERS / ms) * 1000)} fills booked a second, each in a transaction; longest stall ${of(missed, ({ blockedMs }) => blockedMs)} ms`,
    },
  ]
}
