import { streamName, type Candle, type Stream } from '@spark/core/market/candle'
import { timeframeMs } from '@spark/core/market/timeframe'
import type { FeatureRow } from '@spark/core/signal/feature-row'
import { told } from '@spark/contract/told'
import { backoffMs, type Backoff } from '../backoff.ts'
import { inGroups } from '../in-groups.ts'
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
  /** A price of the market on which nothing is decided here: only what limits compare with. */
  hear(stream: Stream, candle: Candle, closed: boolean): void
  /** Prices of a candle message: fills what waits at the venue, and is what limits compare with. Resolves when all before are told too. */
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
  /** After new prices were told. */
  onPriced(): Promise<void>
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
  const { log, clock, group } = path
  const isAlone = group.member === null
  const decide: DecideDeps = { path, plan: createPlanner(path), standings: createStandings(path), ...deps.decide }
  // Where hosts share the streams, orders are taken over with them, and others trade meanwhile.
  if (isAlone) await loseSending(path)
  const pushed = createPushed(path)
  await path.venue.start(pushed.listener)
  await reconcileVenue(path, { strict: isAlone })
  const cancels = createCancelBudget(clock)
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
    takes: () => group.takes(),
    handle: (job) => handle(path, cancels, job),
    onDead: (job, reason, detail) => tellDead(path, job, reason, detail),
  })
  const cancelReconcile = reconcileAgain(path)
  const teller = createPriceTeller(deps)
  let priced: Promise<void> = Promise.resolve()
  return {
    hear: (...message) => teller.hear(...message),
    onCandle(stream, candle, closed) {
      const heard = teller.tell(stream, candle, closed)
      // Most messages say nothing new: the same price comes once for each timeframe.
      if (heard !== null) priced = heard.then(() => pushed.settled()).then(() => deps.onPriced())
      return priced
    },
    worker,
    poke: () => worker.poke(),
    async onClosedRow(stream, row, missed = false) {
      if (missed && clock.nowMs() > signalEndsMs(row)) return
      for (let attempt = 0; attempt < DECIDE_ATTEMPTS_MAX; attempt++) {
        try {
          // Its lease may have ended because storage was away, and goes on with the next turn.
          if (!group.owns(stream)) throw new StorageError('unavailable', 'lease', `${streamName(stream)} is not ours now`)
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

/** The whole account, by the executor that leads. Returns what ends it. */
function reconcileAgain(path: OrderPath): () => void {
  let reconciling = false
  return path.clock.every(RECONCILE_MS, () => {
    if (reconciling || !path.group.leads()) return
    reconciling = true
    reconcileVenue(path, { strict: false })
      .catch((error: unknown) => {
        if (!(error instanceof VenueError || error instanceof StorageError)) throw error
        path.log.warn({ err: error }, 'the books could not be compared; trying again')
      })
      .finally(() => (reconciling = false))
  })
}

/** A dead letter of the order queue needs a person. */
function tellDead(path: OrderPath, { key }: LeasedJob, reason: string, detail: string): void {
  const message = told('dead_letter', { key, code: reason, words: detail })
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

type Message = [stream: Stream, candle: Candle, closed: boolean]

/** Messages of one moment are told together, and what waits for them goes on together. */
const MESSAGES_A_GROUP = 1000

/** Last prices, and the same to a venue that fills by them: in order, and never back in time. */
function createPriceTeller({ path: { clock, log }, prices, tellPrice }: TradingDeps) {
  const tellInOrder = inGroups(MESSAGES_A_GROUP, async (messages: readonly (readonly PriceTick[])[]) => {
    for (const tick of messages.flat()) await toldOne(tick)
    return messages
  })
  let done: Promise<unknown> = Promise.resolve()

  /** What the venue was told. A stream of another host may have said the same before, and told nobody here. */
  const known: LastPrices = new Map()

  /** What of a message is new to those who know these prices; they know it then. */
  function newsOf(before: LastPrices, { symbol, tf }: Stream, candle: Candle, closed: boolean): PriceTick[] {
    // Within its candle, as exchanges count: what was decided at its end meets the next price, not this one again.
    const closeTs = closed ? candle.ts + timeframeMs(tf) - 1 : clock.nowMs()
    const news: PriceTick[] = []
    for (const tick of [
      { symbol, price: candle.o, ts: candle.ts },
      { symbol, price: candle.c, ts: closeTs },
    ]) {
      const last = before.get(symbol)
      // A longer candle opened before what was traded since: no price goes back in time. Those of a moment are alike in every timeframe.
      if (last !== undefined && (tick.ts < last.ts || (tick.ts === last.ts && tick.price === last.price))) continue
      before.set(symbol, { price: tick.price, ts: tick.ts })
      news.push(tick)
    }
    return news
  }

  /** Null: nothing new. */
  function tell(stream: Stream, candle: Candle, closed: boolean): Promise<unknown> | null {
    newsOf(prices, stream, candle, closed)
    const news = newsOf(known, stream, candle, closed)
    if (news.length === 0) return null
    if (tellPrice !== null) done = tellInOrder(news)
    return done
  }

  async function toldOne(tick: PriceTick): Promise<void> {
    try {
      await tellPrice?.(tick)
    } catch (error) {
      if (!(error instanceof StorageError)) throw error
      log.error({ err: error, symbol: tick.symbol }, 'the paper venue cannot be written; what waits fills at a later price')
    }
  }
  return { hear: (...message: Message) => void newsOf(prices, ...message), tell, idle: () => done }
}
