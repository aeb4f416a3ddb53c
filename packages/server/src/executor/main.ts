import { createClient, type Client } from '@spark/contract/client'
import { parseTime } from '@spark/contract/time'
import { streamName, type Stream } from '@spark/core/market/candle'
import { systemClock, type Clock } from '../clock.ts'
import type { Config } from '../config.ts'
import { watchRollout } from '../rollout/watch-rollout.ts'
import { openController, type OpenController } from '../controller/open-controller.ts'
import { createFeed } from '../feed/create-feed.ts'
import type { Feed } from '../feed/feed.ts'
import { configuredChannels } from '../notify/channels.ts'
import { reportOf, startReporting } from '../process-report.ts'
import { openStorage, type OpenStorage } from '../open-storage.ts'
import { systemRandomness } from '../random.ts'
import { sloMetrics } from '../slo-slices.ts'
import { startProcess, type Started } from '../start-process.ts'
import { distinctStreams } from '../streams.ts'
import type { AuditWriter } from '../storage/audit/audit-event.ts'
import { openAuditReader } from '../storage/audit/audit-reader.ts'
import { openAuditWriter } from '../storage/audit/audit-writer.ts'
import { createCandleStore } from '../storage/candle-store.ts'
import { createMetricSliceStore } from '../storage/metric-slice-store.ts'
import { createModelStore } from '../storage/model-store.ts'
import { createProcessReportStore } from '../storage/process-report-store.ts'
import { createLiveSettingStore } from '../storage/live-setting-store.ts'
import { createStrategyStore } from '../storage/strategy-store.ts'
import type { MainDatabase } from '../storage/open-main-database.ts'
import { createAuthenticator, loadTokens, type Tokens } from '../tokens.ts'
import { executorHealth, listenExecutor } from './http.ts'
import { createIngest, type Ingest } from './ingest.ts'
import { startMeasure, type Measure } from './measure.ts'
import { createExecutorMeters, deadLetters } from './meters.ts'
import { openOrderDesk, type OrderDesk } from './order-desk.ts'
import { checkMode, openVenue } from './open-venue.ts'
import { startOperation } from './operation.ts'
import { ORDER_WRITER } from '../storage/audit/last-relayed.ts'
import { startPolling, strategiesToScore, waitForApi, type ScoredStrategy, type StrategyPoller } from './score-strategies.ts'

const PROCESS_NAME = 'executor'
/** What comes into being one after the other, for those who ask meanwhile. */
interface Parts {
  desk?: OrderDesk
  controller?: OpenController
  poller?: StrategyPoller
}

async function run(started: Started): Promise<void> {
  const { config, log, life } = started
  const clock = systemClock
  const random = systemRandomness
  const tokens = loadTokens(config.dataDir, random)
  const storage = await openStorage({ config, clock, log, life }, { writer: PROCESS_NAME })
  const { database, audit } = storage
  await checkMode(config, database, clock)
  const stored = await createStrategyStore(database.db).list()
  const wanted = distinctStreams([config.canary, ...config.file.strategies, ...stored])
  const feed = await openFeed(config, wanted)
  const has = new Set((feed.streams ?? wanted).map(streamName))
  const streams = wanted.filter((stream) => has.has(streamName(stream)))
  if (streams.length < wanted.length)
    log.warn(
      { feed: feed.name, streams: streams.map(streamName), missing: wanted.length - streams.length },
      'the files do not have every stream; strategies on the others wait',
    )
  const parts: Parts = {}
  const ingest = createIngest({
    clock,
    random,
    feed,
    store: createCandleStore(database.db),
    streams,
    log,
    onPrice: (stream, candle, closed) => parts.desk?.trading.onCandle(stream, candle, closed) ?? Promise.resolve(),
    onClosedRow: (stream, row) => parts.desk?.trading.onClosedRow(stream, row) ?? Promise.resolve(),
  })
  const scored = () => strategiesToScore(config.canary, parts.controller?.watch.now() ?? null, parts.desk?.known() ?? [])
  await serveHttp(started, { tokens, storage, feed, ingest, streams: streams.length, scored: () => scored().length, parts })
  await storage.announceStart({ feed: feed.name, venue: config.venueName, strategies: config.file.strategies.length })

  await ingest.prepare()
  const client = createClient({ baseUrl: config.apiUrl, token: tokens.executor })
  const desk = (parts.desk = await openDesk(started, { feed, database, audit, client, streams }))
  const { stores, queue, alerts } = desk
  const settings = createLiveSettingStore(stores.db)
  const watch = await watchRollout({ config, stores, settings, db: stores.db, clock, log })
  life.onStop('rollout watch', () => watch.stop())
  const controller = (parts.controller = openController({
    config,
    stores,
    settings,
    queue,
    alerts,
    watch,
    committed: (jobs) => desk.committed(jobs),
    clock,
    random,
    log,
  }))
  startOperation(started, { storage, feed, streams, ingest, desk })
  const measure = startMeasuring(started, database, ingest, desk)
  await feed.start(streams, {
    onCandle: (message) => ingest.onCandle(message),
    onWarning: (warning) => log.warn(warning, 'feed'),
  })
  life.onStop('ingest', () => ingest.drain())
  life.onStop('feed', () => feed.stop())
  if (!(await waitForApi(client, clock)))
    log.warn({ apiUrl: config.apiUrl }, 'the api does not answer yet; polling starts all the same')
  startPolls(started, { client, desk, measure, feed, ingest, parts, scored, controller })
  const running = await controller.start()
  life.onStop('controller', () => running.stop())
  const report = reportOf(PROCESS_NAME, config, createModelStore(stores.db), () => watch.now().modelVersion)
  life.onStop('reports', await startReporting({ reports: createProcessReportStore(stores.db), clock, log, report }))
  const { executorUrl: url, venueName: venue } = config
  const counts = { strategies: desk.known().length, scored: scored().length, streams: streams.length }
  log.info({ url, feed: feed.name, venue, ...counts }, 'executor is running')
}

/** Polls until the process stops, and counts what becomes of them. */
function startPolls(
  { config, log, life }: Started,
  {
    client,
    desk,
    measure,
    feed,
    ingest,
    parts,
    scored,
    controller,
  }: {
    client: Client
    desk: OrderDesk
    measure: Measure
    feed: Feed
    ingest: Ingest
    parts: Parts
    scored: () => ScoredStrategy[]
    controller: OpenController
  },
): void {
  const poller = (parts.poller = startPolling({
    clock: systemClock,
    random: systemRandomness,
    log,
    client,
    strategies: scored,
    pollIntervalMs: () => controller.watch.now().pollIntervalMs,
    // The list of an interval is older than a brake that was pulled in it.
    asks: (id) => desk.isRunning(id) && controller.watch.now().mode !== 'off',
    due: (dueMs) => measure.due(dueMs),
    currentRow: (stream) => ingest.currentRow(stream),
    marketNowMs: () => (isReplay(config) ? feed.nowMs() : null),
    record: (outcome) => {
      measure.record(outcome)
      if (outcome.error !== null) controller.errors.add(outcome.error)
    },
  }))
  life.onStop('polls', () => poller.stop())
}

/** Health and figures answer from the beginning, also while candles are still fetched. */
async function serveHttp(
  { config, life }: Started,
  running: {
    tokens: Tokens
    storage: OpenStorage
    feed: Feed
    ingest: Ingest
    streams: number
    scored: () => number
    parts: Parts
  },
): Promise<void> {
  const { storage, feed, ingest, parts } = running
  const authenticate = createAuthenticator(running.tokens)
  const stopHttp = await listenExecutor({
    ...config,
    port: config.executorPort,
    random: systemRandomness,
    isAuthorized: (authorization) => ['operator', 'executor'].includes(authenticate(authorization)),
    metrics: createExecutorMeters({
      ...config,
      ingest,
      polls: () => parts.poller?.counters ?? null,
      desk: () => parts.desk ?? null,
    }),
    health: async () =>
      executorHealth({
        ...config,
        clock: systemClock,
        storage: await storage.storageHealth(),
        feedName: feed.name,
        ingest,
        streams: running.streams,
        strategies: running.scored(),
        lastScoreMs: parts.poller?.lastScoreMs() ?? null,
      }),
  })
  life.onStop('http', stopHttp)
}

function startMeasuring({ log, life }: Started, database: MainDatabase, ingest: Ingest, desk: OrderDesk): Measure {
  const slices = createMetricSliceStore(database.db)
  const measure = startMeasure({
    clock: systemClock,
    stalenessS: () => ingest.stalenessS(),
    dlqSize: () => deadLetters(desk),
    seal: (slice) => slices.seal({ sliceTs: slice.sliceTs, source: PROCESS_NAME, metrics: sloMetrics(slice) }),
    onLost: (slice, error) =>
      log.error({ err: error, sliceTs: slice.sliceTs }, 'a slice of measurement could not be stored and is lost'),
  })
  life.onStop('measure', () => measure.stop())
  return measure
}

/** The order path with its paper venue and its own audit chain; stopped after the feed, before storage. */
async function openDesk(
  { config, log, life }: Started,
  {
    feed,
    database,
    audit,
    client,
    streams,
  }: {
    feed: Feed
    database: MainDatabase
    audit: AuditWriter
    client: Client
    streams: readonly Stream[]
  },
): Promise<OrderDesk> {
  const { dataDir } = config
  // Orders live by the market's time: in a replay that of the data.
  const clock: Clock = isReplay(config) ? { ...systemClock, nowMs: () => feed.nowMs() } : systemClock
  const auditReader = openAuditReader({ dataDir, thread: false })
  life.onStop('order audit reader', () => auditReader.close())
  const orderAudit = await openAuditWriter({ dataDir, writer: ORDER_WRITER, clock: systemClock })
  life.onStop('order audit', () => orderAudit.close())
  const { venue, tellPrice } = await openVenue(config, database, clock)
  const desk = await openOrderDesk({
    clock,
    wallClock: systemClock,
    random: systemRandomness,
    log,
    database,
    venue,
    tellPrice,
    file: config.file,
    live: config.live,
    channels: configuredChannels(config),
    symbols: [...new Set(streams.map(({ symbol }) => symbol))],
    audit,
    orderAudit,
    auditReader,
    client,
  })
  life.onStop('orders', () => desk.stop())
  return desk
}

function isReplay({ feed }: Config): boolean {
  return feed.startsWith('replay:')
}

function openFeed(config: Config, streams: readonly Stream[]): Promise<Feed> {
  const { sim, replay = {} } = config.file
  const startMs = replay.start === undefined ? null : parseTime(replay.start)
  return createFeed(config.feed, {
    clock: systemClock,
    random: systemRandomness,
    streams,
    ...sim,
    ...(replay.speed !== undefined && { replaySpeed: replay.speed }),
    ...(startMs !== null && { replayStartMs: startMs }),
    ...(config.exchangeUrl !== null && { exchangeUrl: config.exchangeUrl }),
  })
}

await startProcess(PROCESS_NAME, run)
