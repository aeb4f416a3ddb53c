import { createClient } from '@spark/contract/client'
import { parseTime } from '@spark/contract/time'
import { streamName, type Stream } from '@spark/core/market/candle'
import { systemClock } from '../clock.ts'
import type { Config } from '../config.ts'
import { createFeed } from '../feed/create-feed.ts'
import type { Feed } from '../feed/feed.ts'
import { openStorage } from '../open-storage.ts'
import { systemRandomness } from '../random.ts'
import { sloMetrics } from '../slo-slices.ts'
import { startProcess, type Started } from '../start-process.ts'
import { createCandleStore } from '../storage/candle-store.ts'
import { createMetricSliceStore } from '../storage/metric-slice-store.ts'
import { createAuthenticator, loadTokens } from '../tokens.ts'
import { executorHealth, listenExecutor } from './http.ts'
import { createIngest } from './ingest.ts'
import { startMeasure } from './measure.ts'
import { createExecutorMeters } from './meters.ts'
import { startPolling, waitForApi, type ScoredStrategy, type StrategyPoller } from './score-strategies.ts'

const PROCESS_NAME = 'executor'

async function run({ config, log, life }: Started): Promise<void> {
  const clock = systemClock
  const random = systemRandomness
  const tokens = loadTokens(config.dataDir, random)
  const authenticate = createAuthenticator(tokens)
  const { database, storageHealth, announceStart } = await openStorage({ config, clock, log, life }, { writer: PROCESS_NAME })

  const strategies = strategiesToScore(config)
  const streams = distinctStreams(config)
  const feed = await openFeed(config, streams)
  const ingest = createIngest({ clock, random, feed, store: createCandleStore(database.db), streams, log })
  let poller: StrategyPoller | null = null
  const stopHttp = await listenExecutor({
    ...config,
    port: config.executorPort,
    random,
    isAuthorized: (authorization) => ['operator', 'executor'].includes(authenticate(authorization)),
    metrics: createExecutorMeters({ ...config, ingest, polls: () => poller?.counters ?? null }),
    health: async () =>
      executorHealth({
        ...config,
        clock,
        storage: await storageHealth(),
        feedName: feed.name,
        ingest,
        streams: streams.length,
        strategies: strategies.length,
        lastScoreMs: poller?.lastScoreMs() ?? null,
      }),
  })
  life.onStop('http', stopHttp)
  await announceStart({ feed: feed.name, strategies: strategies.length })

  await ingest.prepare()
  const slices = createMetricSliceStore(database.db)
  const measure = startMeasure({
    clock,
    stalenessS: () => ingest.stalenessS(),
    seal: (slice) => slices.seal({ sliceTs: slice.sliceTs, source: PROCESS_NAME, metrics: sloMetrics(slice) }),
    onLost: (slice, error) =>
      log.error({ err: error, sliceTs: slice.sliceTs }, 'a slice of measurement could not be stored and is lost'),
  })
  life.onStop('measure', () => measure.stop())
  await feed.start(streams, {
    onCandle: (message) => ingest.onCandle(message),
    onWarning: (warning) => log.warn(warning, 'feed'),
  })
  life.onStop('ingest', () => ingest.drain())
  life.onStop('feed', () => feed.stop())
  const client = createClient({ baseUrl: config.apiUrl, token: tokens.executor })
  if (!(await waitForApi(client, clock)))
    log.warn({ apiUrl: config.apiUrl }, 'the api does not answer yet; polling starts all the same')
  poller = startPolling({
    clock,
    random,
    log,
    client,
    strategies,
    pollIntervalMs: config.pollIntervalMs,
    currentRow: (stream) => ingest.currentRow(stream),
    marketNowMs: () => (config.feed.startsWith('replay:') ? feed.nowMs() : null),
    record: (outcome) => measure.record(outcome),
  })
  life.onStop('polls', () => poller?.stop())
  log.info(
    { url: config.executorUrl, feed: feed.name, strategies: strategies.length, streams: streams.map(streamName) },
    'executor is running',
  )
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

/** With ML off nobody asks; in preview, and until a rollout exposes more, the strategies on the canary stream. */
function strategiesToScore(config: Config): ScoredStrategy[] {
  if (config.scoring.mode === 'off') return []
  const canary = streamName(config.canary)
  return config.file.strategies
    .map(({ id, symbol, tf }) => ({ id, stream: { symbol, tf } }))
    .filter((strategy) => streamName(strategy.stream) === canary)
}

function distinctStreams(config: Config): Stream[] {
  const streams = new Map<string, Stream>()
  for (const { symbol, tf } of [config.canary, ...config.file.strategies]) streams.set(streamName({ symbol, tf }), { symbol, tf })
  return [...streams.values()]
}

await startProcess(PROCESS_NAME, run)
