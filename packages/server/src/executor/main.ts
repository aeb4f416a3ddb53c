import { createClient, type Client } from '@spark/contract/client'
import { parseTime } from '@spark/contract/time'
import { streamName, type Stream } from '@spark/core/market/candle'
import { systemClock, type Clock } from '../clock.ts'
import type { Config } from '../config.ts'
import { openController, type OpenController } from '../controller/open-controller.ts'
import { createFeed } from '../feed/create-feed.ts'
import type { Feed } from '../feed/feed.ts'
import { alertRulesOf } from '../notify/alert-rules.ts'
import { openStorage, type OpenStorage } from '../open-storage.ts'
import { systemRandomness } from '../random.ts'
import { sloMetrics } from '../slo-slices.ts'
import { distinctStreams } from '../streams.ts'
import { startProcess, type Started } from '../start-process.ts'
import type { AuditWriter } from '../storage/audit/audit-event.ts'
import { auditOf } from '../storage/audit/audit-location.ts'
import { openAuditReader } from '../storage/audit/audit-reader.ts'
import { openAuditWriter } from '../storage/audit/audit-writer.ts'
import { createCandleStore } from '../storage/candle-store.ts'
import { createMetricSliceStore } from '../storage/metric-slice-store.ts'
import { createStrategyStore } from '../storage/strategy-store.ts'
import type { MainDatabase } from '../storage/open-main-database.ts'
import { isPostgresUrl } from '../storage/postgres-url.ts'
import { createAuthenticator, loadTokens, type Tokens } from '../tokens.ts'
import { executorHealth, listenExecutor } from './http.ts'
import { ALONE, type Group } from './group/group.ts'
import { createIngest, type Ingest } from './ingest.ts'
import { startMeasure, type Measure } from './measure.ts'
import { createExecutorMeters, deadLetters } from './meters.ts'
import { openOrderDesk, type OrderDesk } from './order-desk.ts'
import { openGroup, startControlling, type OpenGroup } from './open-group.ts'
import { checkMode, openVenue } from './open-venue.ts'
import { startOperation } from './operation.ts'
import { ORDER_WRITER } from '../storage/audit/last-relayed.ts'
import { startPolling, strategiesToScore, waitForApi, type StrategyPoller } from './score-strategies.ts'

/** On a server executors wait for each other's candles and orders, and no reader waits with them. */
const SHARED_BUSY_TIMEOUT_MS = 2_000

/** What comes into being one after the other, for those who ask meanwhile. */
interface Parts {
  ingest?: Ingest
  desk?: OrderDesk
  lead?: () => Promise<void>
  controller?: OpenController
  measure?: Measure
  poller?: StrategyPoller
}

async function run(started: Started): Promise<void> {
  const { config, processName, clock, log, life } = started
  const random = systemRandomness
  const tokens = loadTokens(config.dataDir, random)
  const storage = await openStorage(
    { config, clock, log, life },
    { writer: processName, ...(isPostgresUrl(config.databasePath) && { busyTimeoutMs: SHARED_BUSY_TIMEOUT_MS }) },
  )
  const { database, audit } = storage
  await checkMode(config, database, clock)
  const stored = await createStrategyStore(database.db).list()
  const { feed, streams } = await openMarket(started, distinctStreams([config.canary, ...config.file.strategies, ...stored]))
  const parts: Parts = {}
  const shared = openShared(started, { database, streams, parts })
  const group = shared?.group ?? ALONE
  const ingest = (parts.ingest = createIngest({
    clock,
    random,
    feed,
    store: createCandleStore(database.db),
    streams: shared === null ? streams : [],
    ...(shared !== null && { onHeard: (...heard) => parts.desk?.trading.hear(...heard) }),
    log,
    onPrice: (stream, candle, closed) => parts.desk?.trading.onCandle(stream, candle, closed) ?? Promise.resolve(),
    onClosedRow: (stream, row, missed) => parts.desk?.trading.onClosedRow(stream, row, missed) ?? Promise.resolve(),
  }))
  await serveHttp(started, { tokens, storage, feed, ingest, parts })
  await storage.announceStart({ feed: feed.name, venue: config.venueName, strategies: config.file.strategies.length })

  await ingest.prepare()
  const client = createClient({ baseUrl: config.apiUrl, token: tokens.executor })
  const desk = (parts.desk = await openDesk(started, { feed, database, audit, client, streams, group }))
  const controller = (parts.controller = await openController({
    config,
    processName,
    executorToken: tokens.executor,
    stores: desk.stores,
    onChange: (listener) => database.onChange(listener),
    queue: desk.queue,
    alerts: desk.alerts,
    clock,
    random,
    log,
    leadsIn: (trx) => group.leadsIn(trx),
  }))
  const operate = () => startOperation(started, { storage, feed, streams, ingest, desk })
  parts.lead = async () => {
    await operate()
    await startControlling(started, controller)
  }
  if (shared === null) await operate()
  const measure = (parts.measure = startMeasuring(started, database, ingest, desk))
  await shared?.join()
  await feed.start(streams, {
    onCandle: (message) => ingest.onCandle(message),
    onWarning: (warning) => ingest.onWarning(warning),
  })
  life.onStop('ingest', () => ingest.drain())
  life.onStop('feed', () => feed.stop())
  if (!(await waitForApi(client, systemClock)))
    log.warn({ apiUrl: config.apiUrl }, 'the api does not answer yet; polling starts all the same')
  const poller = await startPolls(started, { client, desk, measure, feed, ingest, parts, controller, group })
  if (shared === null) await startControlling(started, controller)
  life.onStop('reports', await controller.report())
  const { executorUrl: url, venueName: venue } = config
  const counts = { strategies: (await desk.strategies.list()).length, scored: poller.strategies(), streams: streams.length }
  log.info({ url, feed: feed.name, venue, ...counts }, 'executor is running')
}

/** With a server there may be other executors; with files there is none. */
function openShared(
  started: Started,
  { database, streams, parts }: { database: MainDatabase; streams: readonly Stream[]; parts: Parts },
): OpenGroup | null {
  if (!isPostgresUrl(started.config.databasePath)) return null
  const ingest = () => opened(parts.ingest)
  return openGroup(started, { database, streams, ingest, desk: () => opened(parts.desk), lead: () => opened(parts.lead)() })
}

function opened<Part>(part: Part | undefined): Part {
  if (part === undefined) throw new Error('the group was joined before everything was open')
  return part
}

/** Polls until the process stops, and counts what becomes of them. */
async function startPolls(
  { config, clock, log, life }: Started,
  {
    client,
    desk,
    measure,
    feed,
    ingest,
    parts,
    controller,
    group,
  }: {
    client: Client
    desk: OrderDesk
    measure: Measure
    feed: Feed
    ingest: Ingest
    parts: Parts
    controller: OpenController
    group: Group
  },
): Promise<StrategyPoller> {
  const poller = (parts.poller = await startPolling({
    clock,
    random: systemRandomness,
    log,
    client,
    strategies: async () =>
      (await strategiesToScore(config.canary, controller.watch.now(), desk.strategies)).filter(({ stream }) =>
        group.owns(stream),
      ),
    pollIntervalMs: () => controller.watch.now().pollIntervalMs,
    // The list of an interval is older than a brake that was pulled in it.
    asks: ({ id, stream }) => desk.isRunning(id) && group.owns(stream) && controller.watch.now().mode !== 'off',
    due: (dueMs) => measure.due(dueMs),
    currentRow: (stream) => ingest.currentRow(stream),
    marketNowMs: () => (isReplay(config) ? feed.nowMs() : null),
    record: (outcome) => {
      measure.record(outcome)
      if (outcome.error !== null) controller.errors.add(outcome.error)
    },
  }))
  const stopLooking = controller.watch.onLook(() => poller.lookAtInterval())
  life.onStop('polls', async () => {
    stopLooking()
    await poller.stop()
  })
  return poller
}

/** Health and figures answer from the beginning, also while candles are still fetched. */
async function serveHttp(
  { config, processName, clock, life, recent }: Started,
  running: {
    tokens: Tokens
    storage: OpenStorage
    feed: Feed
    ingest: Ingest
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
      latePolls: () => parts.measure?.late() ?? null,
      desk: () => parts.desk ?? null,
      rollout: () => parts.controller?.seen() ?? null,
    }),
    logs: () => recent.list(),
    streams: () => ingest.conditions(),
    health: async () =>
      executorHealth({
        ...config,
        processName,
        clock,
        storage: await storage.storageHealth(),
        feedName: feed.name,
        ingest,
        streams: ingest.conditions().length,
        strategies: parts.poller?.strategies() ?? 0,
        rollout: parts.controller?.watch.now().rollout ?? null,
        lastScoreMs: parts.poller?.lastScoreMs() ?? null,
      }),
  })
  life.onStop('http', stopHttp)
}

function startMeasuring(
  { processName, clock, log, life }: Started,
  database: MainDatabase,
  ingest: Ingest,
  desk: OrderDesk,
): Measure {
  const slices = createMetricSliceStore(database.db)
  const measure = startMeasure({
    clock,
    stalenessS: () => ingest.stalenessS(),
    dlqSize: () => deadLetters(desk),
    seal: (slice) => slices.seal({ sliceTs: slice.sliceTs, source: processName, metrics: sloMetrics(slice) }),
    onLost: (slice, error) =>
      log.error({ err: error, sliceTs: slice.sliceTs }, 'a slice of measurement could not be stored and is lost'),
    onLate: (late) => log.warn({ late }, 'outcomes of polls came after their slice was sealed: they judge nothing'),
  })
  life.onStop('measure', () => measure.stop())
  return measure
}

/** The order path with its paper venue and its own audit chain; stopped after the feed, before storage. */
async function openDesk(
  { config, clock: wallClock, log, life }: Started,
  {
    feed,
    database,
    audit,
    client,
    streams,
    group,
  }: {
    feed: Feed
    database: MainDatabase
    audit: AuditWriter
    client: Client
    streams: readonly Stream[]
    group: Group
  },
): Promise<OrderDesk> {
  // Orders live by the market's time: in a replay that of the data.
  const clock: Clock = isReplay(config) ? { ...wallClock, nowMs: () => feed.nowMs() } : wallClock
  const auditReader = openAuditReader({ ...auditOf(config), thread: false })
  life.onStop('order audit reader', () => auditReader.close())
  // Of several executors the one that leads opens it.
  const orderAudit =
    group.member === null ? await openAuditWriter({ ...auditOf(config), writer: ORDER_WRITER, clock: wallClock }) : null
  if (orderAudit !== null) life.onStop('order audit', () => orderAudit.close())
  const { venue, tellPrice } = await openVenue(config, database, clock, wallClock)
  const desk = await openOrderDesk({
    clock,
    wallClock,
    marketMs: () => (isReplay(config) ? null : feed.nowMs()),
    random: systemRandomness,
    log,
    database,
    venue,
    tellPrice,
    file: config.file,
    live: config.live,
    alertRules: alertRulesOf(config),
    symbols: [...new Set(streams.map(({ symbol }) => symbol))],
    audit,
    orderAudit,
    auditReader,
    client,
    group,
  })
  life.onStop('orders', () => desk.stop())
  return desk
}

/** The feed, and those of the streams that it has. */
async function openMarket(
  { config, clock, log }: Started,
  wanted: readonly Stream[],
): Promise<{ feed: Feed; streams: readonly Stream[] }> {
  const feed = await openFeed(config, clock, wanted)
  const has = new Set((feed.streams ?? wanted).map(streamName))
  const streams = wanted.filter((stream) => has.has(streamName(stream)))
  if (streams.length < wanted.length)
    log.warn(
      { feed: feed.name, streams: streams.map(streamName), missing: wanted.length - streams.length },
      'the files do not have every stream; strategies on the others wait',
    )
  return { feed, streams }
}

function isReplay({ feed }: Config): boolean {
  return feed.startsWith('replay:')
}

function openFeed(config: Config, clock: Clock, streams: readonly Stream[]): Promise<Feed> {
  const { sim, replay = {} } = config.file
  const startMs = replay.start === undefined ? null : parseTime(replay.start)
  return createFeed(config.feed, {
    clock,
    random: systemRandomness,
    streams,
    ...sim,
    ...(replay.speed !== undefined && { replaySpeed: replay.speed }),
    ...(startMs !== null && { replayStartMs: startMs }),
    ...(config.exchangeUrl !== null && { exchangeUrl: config.exchangeUrl }),
  })
}

await startProcess('executor', run)
