import { openController } from '../controller/open-controller.ts'
import { createIngest } from '../executor/ingest.ts'
import { startMeasure } from '../executor/measure.ts'
import { deadLetters } from '../executor/meters.ts'
import { openOrderDesk, type OrderDesk } from '../executor/order-desk.ts'
import { startPolling, strategiesToScore } from '../executor/score-strategies.ts'
import type { RolloutNow } from '../rollout/rollout-now.ts'
import { watchRollout } from '../rollout/watch-rollout.ts'
import { reportOf, startReporting } from '../process-report.ts'
import { sloMetrics } from '../slo-slices.ts'
import { ORDER_WRITER } from '../storage/audit/last-relayed.ts'
import { createCandleStore } from '../storage/candle-store.ts'
import { createLiveSettingStore } from '../storage/live-setting-store.ts'
import { createMetricSliceStore } from '../storage/metric-slice-store.ts'
import { createModelStore } from '../storage/model-store.ts'
import { createProcessReportStore } from '../storage/process-report-store.ts'
import type { Clock } from '../clock.ts'
import { faultFeed } from './fault-feed.ts'
import { faultVenue } from './fault-venue.ts'
import type { Life } from './life.ts'
import { lookingClock } from './looking-clock.ts'
import { createScoreClient } from './score-client.ts'
import { StorageFaults } from './storage-faults.ts'
import type { World } from './world.ts'

const PROCESS_NAME = 'executor'
/** What a decision of the controller rests on, what processes report left out: it is the same all the time. */
const TICK_TABLES = ['rollout', 'metric_slice', 'live_setting', 'kill_switch', 'venue_state', 'strategy'] as const
/** Without news the controller ticks at least so often: exposure lives by a lease of 30 s. */
const TICK_ANYWAY_MS = 15_000
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
  desk: OrderDesk
  /** Begins to poll and to decide. */
  run(): Promise<void>
}

/**
 * One life of the executor, put together as its main.ts does: every part is the real one. Rejects with StorageError or VenueError when
 * it cannot start.
 */
export async function startExecutor(world: World, life: Life): Promise<ExecutorProcess> {
  const { config, streams, faults, main, audit, log, sinceMs } = world
  const { clock } = life
  const random = world.random.process
  const storage = new StorageFaults({ clock: world.clock, faults, isSlow: true })
  const db = main.connect(life, storage)
  const parts: { desk?: OrderDesk } = {}
  const feed = faultFeed(world.openFeed(exchangeClock(world, clock)), {
    clock,
    sinceMs,
    faults,
    unit: world.random.feed.unit,
    gaps: world.gaps,
    isSettling: () => world.isSettling(),
  })
  const ingest = createIngest({
    clock,
    random,
    feed,
    store: createCandleStore(db),
    streams,
    log,
    onPrice: (stream, candle, closed) => parts.desk?.trading.onCandle(stream, candle, closed) ?? Promise.resolve(),
    onClosedRow: (stream, row) => parts.desk?.trading.onClosedRow(stream, row) ?? Promise.resolve(),
  })
  await ingest.prepare()
  // Orders live by the market's time: in a replay that of the data.
  const isReplay = feed.streams !== undefined
  const marketClock: Clock = isReplay ? { ...clock, nowMs: () => feed.nowMs() } : clock
  world.marketNowMs = () => marketClock.nowMs()
  if (isReplay) world.venueMs = () => feed.nowMs()
  const client = createScoreClient({
    life,
    clock: world.clock,
    faults,
    sinceMs,
    unit: world.random.latency.unit,
    scores: () => world.scores(),
  })
  const desk = (parts.desk = await openOrderDesk({
    clock: lookingClock(marketClock, { writes: () => main.writes(DESK_TABLES), isDue: () => isJobDue(world), stretch: 6 }),
    wallClock: clock,
    random,
    log,
    database: { db },
    venue: faultVenue(world.venue, {
      life,
      clock: world.clock,
      faults,
      unit: world.random.venue.unit,
      onArrival: ({ clientOrderId }) => world.course.arrived(clientOrderId),
    }),
    tellPrice: (tick) => (faults.of('venue_late_fills') === null ? world.venue.onPrice(tick) : Promise.resolve()),
    file: config.file,
    live: false,
    channels: [],
    symbols: [...new Set(streams.map(({ symbol }) => symbol))],
    audit: audit.writer(PROCESS_NAME),
    orderAudit: audit.writer(ORDER_WRITER),
    auditReader: audit.reader,
    client,
  }))
  const run = async (): Promise<void> => {
    const settings = createLiveSettingStore(db)
    const { stores, queue, alerts } = desk
    const watchClock = lookingClock(clock, { writes: () => main.writes(ROLLOUT_TABLES) })
    const watch = await watchRollout({ config, stores, settings, db, clock: watchClock, log })
    const tickClock = lookingClock(clock, { writes: () => main.writes(TICK_TABLES), anywayMs: TICK_ANYWAY_MS })
    const controller = openController({
      config,
      stores,
      settings,
      queue,
      alerts,
      watch: {
        ...watch,
        // Called after each decision: what the controller wrote itself is no news to it, unless it moved something.
        async look(decided) {
          const before = courseOf(watch.now())
          const now = await watch.look(decided)
          watchClock.saw()
          if (courseOf(now) === before) tickClock.saw()
          return now
        },
      },
      committed: (jobs) => desk.committed(jobs),
      clock: whileNot(tickClock, () => faults.of('controller_away') !== null),
      random,
      log,
    })
    const slices = createMetricSliceStore(db)
    const measure = startMeasure({
      clock,
      stalenessS: () => ingest.stalenessS(),
      dlqSize: () => deadLetters(desk),
      seal: (slice) => slices.seal({ sliceTs: slice.sliceTs, source: PROCESS_NAME, metrics: sloMetrics(slice) }),
      onLost: (slice, error) => log.error({ err: error, sliceTs: slice.sliceTs }, 'a slice is lost'),
    })
    await feed.start(streams, {
      onCandle: (message) => ingest.onCandle(message),
      onWarning: (warning) => log.warn(warning, 'feed'),
    })
    startPolling({
      clock,
      random,
      log,
      client,
      strategies: () => strategiesToScore(config.canary, watch.now(), desk.known()),
      pollIntervalMs: () => watch.now().pollIntervalMs,
      asks: (id) => desk.isRunning(id) && watch.now().mode !== 'off',
      due: (dueMs) => measure.due(dueMs),
      currentRow: (stream) => ingest.currentRow(stream),
      marketNowMs: () => (isReplay ? feed.nowMs() : null),
      record: (outcome) => {
        measure.record(outcome)
        if (outcome.error !== null) controller.errors.add(outcome.error)
      },
    })
    await controller.start()
    const report = reportOf(PROCESS_NAME, config, createModelStore(db), () => watch.now().modelVersion)
    await startReporting({ reports: createProcessReportStore(db), clock: slower(clock), log, report })
  }
  return { life, storage, desk, run }
}

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

function isJobDue({ main, marketNowMs }: World): boolean {
  const [row] = main.peek(
    `select 1 from queue_job where queue = 'order' and ((state = 'ready' and run_at <= ?) or (state = 'leased' and lease_until <= ?)) limit 1`,
    [marketNowMs(), marketNowMs()],
  )
  return row !== undefined
}
