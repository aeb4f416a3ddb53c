import { createModelHashes } from '../champion.ts'
import { startController } from '../controller/run-rollout.ts'
import { createErrorCounts } from '../controller/top-errors.ts'
import type { Kysely } from 'kysely'
import type { Feed } from '../feed/feed.ts'
import type { MainTables } from '../storage/tables.ts'
import { createIngest, type Ingest } from '../executor/ingest.ts'
import { startMeasure } from '../executor/measure.ts'
import { deadLetters } from '../executor/meters.ts'
import { openOrderDesk, type OrderDesk } from '../executor/order-desk.ts'
import { startPolling, strategiesToScore, type ScoreClient } from '../executor/score-strategies.ts'
import type { RolloutNow } from '../rollout/rollout-now.ts'
import { watchRollout, type RolloutWatch } from '../rollout/watch-rollout.ts'
import { alertRulesOf } from '../notify/alert-rules.ts'
import { tickFacts } from '../rollout/tick-facts.ts'
import { startReporting } from '../process-report.ts'
import { sloMetrics } from '../slo-slices.ts'
import { ORDER_WRITER } from '../storage/audit/last-relayed.ts'
import { createCandleStore } from '../storage/candle-store.ts'
import { createLiveSettingStore, type LiveSettingStore } from '../storage/live-setting-store.ts'
import { createMetricSliceStore, type MetricSliceStore } from '../storage/metric-slice-store.ts'
import { createModelStore } from '../storage/model-store.ts'
import { createProcessReportStore } from '../storage/process-report-store.ts'
import { StorageError } from '../storage/storage-error.ts'
import type { Clock } from '../clock.ts'
import { faultFeed } from './fault-feed.ts'
import { faultVenue } from './fault-venue.ts'
import { startLabelling } from './labelling.ts'
import type { Life } from './life.ts'
import { lookingClock, type LookingClock, type News } from './looking-clock.ts'
import { createScoreClient } from './score-client.ts'
import { StorageFaults } from './storage-faults.ts'
import type { World } from './world.ts'

const PROCESS_NAME = 'executor'
/** What a decision of the controller rests on; what processes report and when the books were compared is left out: it is always new. */
const TICK_TABLES = ['rollout', 'metric_slice', 'live_setting', 'kill_switch', 'strategy'] as const
/** Without news the controller ticks, or renews the lease, at least so often: exposure lives by 30 s of it. */
const TICK_ANYWAY_MS = 15_000
/** Equity is summed up for the limits so often, instead of every 5 s: it is most of the work of a quiet hour. */
const EQUITY_EVERY_MS = 60_000
/** What the order desk looks for again and again. */
const DESK_TABLES = [
  'strategy',
  'trade_order',
  'order_fill',
  'position',
  'queue_job',
  'venue_balance',
  'venue_state',
  'kill_switch',
] as const
/** What the rollout is obeyed by. */
export const ROLLOUT_TABLES = [
  'rollout',
  'rollout_epoch',
  'rollout_epoch.lease_until',
  'live_setting',
  'strategy',
  'kill_switch',
] as const

export interface ExecutorProcess {
  life: Life
  storage: StorageFaults
  /** Begins to poll and to decide. */
  run: () => Promise<void>
}

/** What one life of the executor is put together from. */
interface Parts {
  world: World
  life: Life
  db: Kysely<MainTables>
  feed: Feed
  ingest: Ingest
  desk: OrderDesk
  client: ScoreClient
}

/**
 * One life of the executor, put together as its main.ts does: every part is the real one. Rejects with StorageError or VenueError when
 * it cannot start.
 */
export async function startExecutor(world: World, life: Life): Promise<ExecutorProcess> {
  const { streams, faults, main, log, sinceMs } = world
  const { clock } = life
  const storage = new StorageFaults({ clock: world.clock, faults, isSlow: true })
  const db = main.connect(life, storage)
  const opened: { desk?: OrderDesk } = {}
  const feed = faultFeed(world.openFeed(exchangeClock(world, clock)), {
    clock,
    sinceMs,
    faults,
    unit: () => world.random.feed.unit(),
    gaps: world.gaps,
    isSettling: world.isSettling,
  })
  const ingest = createIngest({
    clock,
    random: world.random.process,
    feed,
    store: createCandleStore(db),
    streams,
    log,
    onPrice: (stream, candle, closed) => opened.desk?.trading.onCandle(stream, candle, closed) ?? Promise.resolve(),
    onClosedRow: (stream, row, missed) => opened.desk?.trading.onClosedRow(stream, row, missed) ?? Promise.resolve(),
  })
  await ingest.prepare()
  const client = createScoreClient({
    life,
    clock: world.clock,
    faults,
    sinceMs,
    unit: () => world.random.latency.unit(),
    scores: world.scores,
  })
  const desk = (opened.desk = await openDesk(world, life, { db, feed, client }))
  return { life, storage, run: () => run({ world, life, db, feed, ingest, desk, client }) }
}

/** Orders live by the market's time: in a replay that of the data. */
function openDesk(world: World, life: Life, { db, feed, client }: Pick<Parts, 'db' | 'feed' | 'client'>): Promise<OrderDesk> {
  const { config, streams, faults, main, audit, log } = world
  const { clock } = life
  const marketClock: Clock = isReplay(feed) ? { ...clock, nowMs: () => feed.nowMs() } : clock
  world.marketNowMs = () => marketClock.nowMs()
  if (isReplay(feed)) world.venueMs = () => feed.nowMs()
  return openOrderDesk({
    clock: lookingClock(marketClock, { ...newsOf(main, DESK_TABLES), waiting: () => waitingJob(world), stretch: 6 }),
    wallClock: clock,
    marketMs: () => (isReplay(feed) ? null : feed.nowMs()),
    random: world.random.process,
    log,
    database: { db },
    venue: faultVenue(world.venue, {
      life,
      clock: world.clock,
      faults,
      unit: () => world.random.venue.unit(),
      onArrival: ({ clientOrderId, signedAtMs }) => world.course.arrived(clientOrderId, signedAtMs),
    }),
    tellPrice: (tick) => (faults.of('venue_late_fills') === null ? world.venue.onPrice(tick) : Promise.resolve()),
    file: config.file,
    live: false,
    alertRules: alertRulesOf(config),
    symbols: [...new Set(streams.map(({ symbol }) => symbol))],
    audit: audit.writer(PROCESS_NAME),
    orderAudit: audit.writer(ORDER_WRITER),
    auditReader: audit.reader,
    client,
    equityEveryMs: EQUITY_EVERY_MS,
  })
}

/** From the feed's first message on: measures, polls, decides, reports. */
async function run(parts: Parts): Promise<void> {
  const { world, life, db, feed, ingest, desk, client } = parts
  const { config, log, main } = world
  const { clock } = life
  const settings = createLiveSettingStore(db)
  const watchClock = lookingClock(clock, newsOf(main, ROLLOUT_TABLES))
  const watch = await watchRollout({ config, stores: desk.stores, settings, db, clock: watchClock, log })
  const errors = createErrorCounts(clock)
  // Nobody looks at charts here.
  const slices = createMetricSliceStore(db, { rollUpSteps: [] })
  const measure = startMeasure({
    clock,
    stalenessS: () => ingest.stalenessS(),
    dlqSize: () => deadLetters(desk),
    seal: (slice) => slices.seal({ sliceTs: slice.sliceTs, source: PROCESS_NAME, metrics: sloMetrics(slice) }),
    onLost: (slice, error) => log.error({ err: error, sliceTs: slice.sliceTs }, 'a slice is lost'),
    onLate: (late) => log.warn({ late }, 'outcomes of polls came late'),
  })
  await feed.start(world.streams, {
    onCandle: (message) => ingest.onCandle(message),
    onWarning: (warning) => log.warn(warning, 'feed'),
  })
  await startPolling({
    clock,
    random: world.random.process,
    log,
    client,
    strategies: () => strategiesToScore(config.canary, watch.now(), desk.strategies),
    pollIntervalMs: () => watch.now().pollIntervalMs,
    asks: ({ id }) => desk.isRunning(id) && watch.now().mode !== 'off',
    due: (dueMs) => measure.due(dueMs),
    currentRow: (stream) => ingest.currentRow(stream),
    marketNowMs: () => (isReplay(feed) ? feed.nowMs() : null),
    record: (outcome) => {
      measure.record(outcome)
      if (outcome.error !== null) errors.add(outcome.error)
    },
  })
  control(parts, { watch, watchClock, settings, slices, errors })
  if (world.labelsEveryMs !== null) startLabelling(parts, world.labelsEveryMs)
  await report(parts, watch)
}

interface Watching {
  watch: RolloutWatch
  watchClock: LookingClock
  settings: LiveSettingStore
  slices: MetricSliceStore
  errors: ReturnType<typeof createErrorCounts>
}

/** The controller's ticks, without the moves of the triage: they would ask real processes. */
function control({ world, life, db, desk }: Parts, { watch, watchClock, settings, slices, errors }: Watching): void {
  const { config, log, main, faults } = world
  const { clock } = life
  const { stores, queue, alerts } = desk
  const reports = createProcessReportStore(db)
  const tickClock = lookingClock(clock, {
    ...newsOf(main, TICK_TABLES),
    anywayMs: TICK_ANYWAY_MS,
    instead() {
      if (!world.faultless) return false
      void renewLease(stores, watch.now(), clock.nowMs())
      return true
    },
  })
  startController({
    parts: { stores, queue, alerts, clock },
    slices,
    facts: (trx, model) => tickFacts({ config, stores, settings, reports, clock, topErrors: () => errors.top() }, trx, model),
    clock: whileNot(tickClock, () => faults.of('controller_away') !== null),
    random: world.random.process,
    log,
    // What the controller wrote itself is no news to it, unless it moved something.
    async onDecided() {
      const before = courseOf(watch.now())
      const now = await watch.look()
      watchClock.saw()
      if (courseOf(now) === before) tickClock.saw()
    },
  })
}

/** All that a tick without a new slice does where nothing goes wrong. */
async function renewLease({ db, risk }: OrderDesk['stores'], { rollout, mode }: RolloutNow, nowMs: number): Promise<void> {
  if (rollout === null || mode !== 'live') return
  try {
    await risk.leaseExposure(db, nowMs + rollout.frozen.plan.leaseMs)
  } catch (error) {
    if (!(error instanceof StorageError)) throw error
  }
}

async function report({ world, life, db }: Parts, watch: RolloutWatch): Promise<void> {
  const modelHash = createModelHashes(createModelStore(db))
  await startReporting({
    reports: createProcessReportStore(db),
    process: PROCESS_NAME,
    config: world.config,
    clock: slower(life.clock),
    log: world.log,
    modelHash: () => modelHash(watch.now().modelVersion),
    canary: world.config.canary,
  })
}

const isReplay = ({ streams }: Feed): boolean => streams !== undefined

function courseOf({ rollout }: RolloutNow): string {
  return rollout === null ? '' : JSON.stringify([rollout.id, rollout.state.phase, rollout.state.step, rollout.state.modifiers])
}

/** Half as often: reports are fresh for 15 s, and come every 10 instead of every 5. */
export function slower(clock: Clock): Clock {
  return { ...clock, every: (periodMs, callback) => clock.every(2 * periodMs, callback) }
}

/** The exchange has a clock of its own, which nobody sets wrong. */
function exchangeClock({ trueMs }: World, clock: Clock): Clock {
  return { ...clock, nowMs: trueMs }
}

/** Repeated calls are left out while this holds. */
export function whileNot(clock: Clock, isAway: () => boolean): Clock {
  return {
    ...clock,
    every: (periodMs, callback) =>
      clock.every(periodMs, () => {
        if (!isAway()) callback()
      }),
  }
}

/** What is written to these tables. */
export function newsOf(main: World['main'], tables: readonly string[]): Pick<News, 'writes' | 'onWrite'> {
  return { writes: () => main.writes(tables), onWrite: (callback) => main.watch(tables, callback) }
}

function waitingJob({ main, marketNowMs }: World): ReturnType<NonNullable<News['waiting']>> {
  const [row] = main.peek(
    `select min(case state when 'ready' then run_at else lease_until end) as due from queue_job where queue = 'order' and state in ('ready', 'leased')`,
  )
  const dueMs = row?.['due']
  return typeof dueMs === 'number' ? (dueMs <= marketNowMs() ? 'due' : 'later') : null
}
