import type { Candle, Stream } from '@spark/core/market/candle'
import { timeframeMs } from '@spark/core/market/timeframe'
import type { FeatureRow } from '@spark/core/signal/feature-row'
import { backoffMs, type Backoff } from '../backoff.ts'
import type { LeasedJob } from '../queue/queue.ts'
import { PoisonJobError, startQueueWorker, type QueueWorker } from '../queue/worker.ts'
import type { Randomness } from '../random.ts'
import { StorageError } from '../storage/storage-error.ts'
import { VenueError, type PriceTick, type VenueListener } from '../venue/venue.ts'
import { decideStrategies, signalEndsMs, type DecideDeps } from './decide-strategies.ts'
import { bookVenueFill } from './orders/book-fill.ts'
import { createCancelBudget, type CancelBudget } from './orders/cancel-budget.ts'
import { cancelOrders } from './orders/cancel-orders.ts'
import { flatten } from './orders/flatten.ts'
import type { OrderPath } from './orders/order-path.ts'
import { createPlanner } from './orders/planner.ts'
import { raiseAlert } from './orders/raise-alert.ts'
import { loseSending, reconcileVenue } from './orders/reconcile-venue.ts'
import { sendOrder } from './orders/send-order.ts'
import { settleVenueOrder } from './orders/settle-order.ts'
import { createStandings } from './standings.ts'

const RECONCILE_MS = 10_000
const DECIDE_RETRY: Backoff = { firstMs: 250, maxMs: 5000 }
const DECIDE_ATTEMPTS_MAX = 6

export interface Trading {
  /** Prices of a candle message: fills what waits at the venue, and is what limits compare with. */
  onCandle(stream: Stream, candle: Candle, closed: boolean): Promise<void>
  /**
   * A closed candle with its indicators: the strategies of the stream decide, once. Resolves when their orders are at the venue.
   * `missed`: it closed before this start; decided on only while what it says may still be traded.
   */
  onClosedRow(stream: Stream, row: FeatureRow, missed?: boolean): Promise<void>
  /** Jobs may wait. */
  poke(): void
  worker: Pick<QueueWorker, 'counters'>
  stop(): Promise<void>
}

export interface TradingDeps {
  path: OrderPath
  random: Randomness
  decide: Omit<DecideDeps, 'path' | 'plan' | 'standings'>
  prices: LastPrices
  /** A venue that fills by the prices it is told of (paper); null for one that has its own market. */
  tellPrice: ((tick: PriceTick) => Promise<void>) | null
  /** How often the queue is looked at without being poked, ms. */
  pollEveryMs: number
  /** How long a job is held; after a crash it comes again when this is over. */
  leaseMs: number
}

/** The last good price of each symbol, by the market's time. */
export type LastPrices = Map<string, { price: number; ts: number }>

/**
 * Starts the order path: what was on its way is asked for, our book is compared with the venue's, then the queue is worked.
 * Rejects with StorageError or VenueError: nothing is traded then.
 */
export async function startTrading(deps: TradingDeps): Promise<Trading> {
  const { path } = deps
  const { log, clock } = path
  const decide: DecideDeps = { path, plan: createPlanner(path), standings: createStandings(path), ...deps.decide }
  await loseSending(path)
  const pushed = createPushed(path)
  await path.venue.start(pushed.listener)
  await reconcileVenue(path, { strict: true })
  const cancels = createCancelBudget(path.limits.maxCancelsPerMinute, clock)
  const worker = startQueueWorker({
    queue: path.queue,
    name: 'order',
    clock,
    random: deps.random,
    log,
    concurrency: 16,
    leaseMs: deps.leaseMs,
    pollEveryMs: deps.pollEveryMs,
    maxAttempts: 10,
    handle: (job) => handle(path, cancels, job),
    onDead: (job, reason, detail) => tellDead(path, job, reason, detail),
  })
  let reconciling = false
  const cancelReconcile = clock.every(RECONCILE_MS, () => {
    if (reconciling) return
    reconciling = true
    reconcileVenue(path, { strict: false })
      .catch((error: unknown) => {
        if (!(error instanceof VenueError || error instanceof StorageError)) throw error
        log.warn({ err: error }, 'the books could not be compared; trying again')
      })
      .finally(() => (reconciling = false))
  })
  const teller = createPriceTeller(deps)
  return {
    onCandle: (stream, candle, closed) => teller.tell(stream, candle, closed).then(() => pushed.settled()),
    worker,
    poke: () => worker.poke(),
    async onClosedRow(stream, row, missed = false) {
      if (missed && clock.nowMs() > signalEndsMs(row)) return
      for (let attempt = 0; attempt < DECIDE_ATTEMPTS_MAX; attempt++) {
        try {
          if ((await decideStrategies(decide, stream, row)) > 0) await worker.idle()
          return
        } catch (error) {
          if (!(error instanceof StorageError)) throw error
          const waitMs = backoffMs(DECIDE_RETRY, attempt, deps.random.unit())
          log.error({ err: error, stream, candleTs: row.ts, waitMs }, 'the strategies could not decide; trying again')
          await clock.sleep(waitMs)
        }
      }
      log.error({ stream, candleTs: row.ts }, 'the strategies did not decide on this candle: storage was away for too long')
    },
    async stop() {
      cancelReconcile()
      await worker.stop()
      await teller.idle()
      await path.venue.stop()
      await pushed.settled()
    },
  }
}

/** A dead letter of the order queue needs a person. */
function tellDead(path: OrderPath, { key }: LeasedJob, reason: string, detail: string): void {
  const message = `dead letter in the order queue: ${key}, ${reason}: ${detail}`
  void raiseAlert(path, { severity: 'red', code: 'dead_letter', scope: 'queue:order', message })
}

function handle(path: OrderPath, cancels: CancelBudget, job: LeasedJob): Promise<void> {
  const { kind } = (typeof job.payload === 'object' && job.payload !== null ? job.payload : {}) as { kind?: unknown }
  if (kind === 'send') return sendOrder(path, job)
  if (kind === 'flatten') return flatten(path, job)
  if (kind === 'cancel') return cancelOrders(path, cancels, job)
  throw new PoisonJobError('invalid_payload', 'the job is none that the order queue knows')
}

/** What the venue pushes is booked one after the other; what cannot be booked now is found again by the reconciliation. */
function createPushed(path: OrderPath): { listener: VenueListener; settled(): Promise<void> } {
  let turn: Promise<void> = Promise.resolve()
  const inTurn = (work: () => Promise<unknown>) => {
    turn = turn
      .then(async () => void (await work()))
      .catch((error: unknown) => {
        const expected = error instanceof StorageError || error instanceof VenueError
        if (!expected) throw error
        path.log.error({ err: error }, 'what the venue told could not be booked; the reconciliation will find it')
      })
  }
  return {
    listener: {
      onFill: (fill) => inTurn(() => bookVenueFill(path, fill)),
      onOrder: (order) => inTurn(() => settleVenueOrder(path, order)),
      onWarning: (warning) => path.log.warn(warning, 'venue'),
    },
    settled: () => turn,
  }
}

/** Last prices, and the same to a venue that fills by them: in order, and never back in time. */
function createPriceTeller({ path: { clock, log }, prices, ...deps }: TradingDeps) {
  let ticks: Promise<void> = Promise.resolve()

  function tell({ symbol, tf }: Stream, candle: Candle, closed: boolean): Promise<void> {
    // Within its candle, as exchanges count: what was decided at its end meets the next price, not this one again.
    const closeTs = closed ? candle.ts + timeframeMs(tf) - 1 : clock.nowMs()
    for (const tick of [
      { symbol, price: candle.o, ts: candle.ts },
      { symbol, price: candle.c, ts: closeTs },
    ]) {
      // A longer candle opened before what was traded since: no price goes back in time.
      if (tick.ts < (prices.get(symbol)?.ts ?? 0)) continue
      prices.set(symbol, { price: tick.price, ts: tick.ts })
      if (deps.tellPrice !== null) ticks = inTurn(ticks, deps.tellPrice, tick)
    }
    return ticks
  }

  function inTurn(before: Promise<void>, tellPrice: (tick: PriceTick) => Promise<void>, tick: PriceTick): Promise<void> {
    return before
      .then(() => tellPrice(tick))
      .catch((error: unknown) => {
        if (!(error instanceof StorageError)) throw error
        log.error({ err: error, symbol: tick.symbol }, 'the paper venue cannot be written; what waits fills at a later price')
      })
  }
  return { tell, idle: () => ticks }
}
