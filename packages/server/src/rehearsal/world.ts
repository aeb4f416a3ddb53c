import type { Stream } from '@spark/core/market/candle'
import type { Model } from '@spark/core/signal/model'
import type { ScoreService } from '../api/score-service.ts'
import { challengeWith, installModels } from '../champion.ts'
import type { Clock } from '../clock.ts'
import type { Config } from '../config.ts'
import type { Feed } from '../feed/feed.ts'
import { createLog, type Log } from '../log.ts'
import type { Randomness } from '../random.ts'
import { MAIN_MIGRATIONS } from '../storage/migrations/main-migrations.ts'
import { PAPER_MIGRATIONS } from '../storage/migrations/paper-migrations.ts'
import { createModelStore } from '../storage/model-store.ts'
import type { PaperTables } from '../storage/paper-tables.ts'
import type { MainTables } from '../storage/tables.ts'
import { WELL_BEHAVED, type Misbehaviour } from '../venue/misbehaviour.ts'
import { fundPaperVenue, PAPER_TERMS, type PaperVenue } from '../venue/paper-venue.ts'
import { startApi, type ApiProcess } from './api-process.ts'
import { followCourse, type Course } from './course.ts'
import { ActiveFaults, type Fault } from './fault.ts'
import { createMemoryAudit, type MemoryAudit } from './memory-audit.ts'
import { followOutbox } from './follow-outbox.ts'
import { seededRandomness } from './seeded-randomness.ts'
import { SharedDatabase } from './shared-database.ts'
import { createTimeline, type Timeline } from './timeline.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** What the processes of a rehearsal live in. */
export interface World {
  config: Config
  streams: readonly Stream[]
  clock: VirtualClock
  /** ms since the rollout began, by the monotonic clock. */
  sinceMs: () => number
  /** Wall time as everybody else has it, ms. */
  trueMs: () => number
  log: Log
  faults: ActiveFaults
  /** None will come. */
  faultless: boolean
  gaps: { fault: Fault; fromMs: number; toMs: number }[]
  main: SharedDatabase<MainTables>
  paper: SharedDatabase<PaperTables>
  venue: PaperVenue
  misbehaviour: Misbehaviour
  audit: MemoryAudit
  timeline: Timeline
  course: Course
  random: Record<keyof typeof STREAMS, Randomness>
  /** The market as one life of the executor listens to it. */
  openFeed: (clock: Clock) => Feed
  scores: () => ScoreService
  /** Time at the venue. */
  venueMs: () => number
  /** Wall time of the executor's orders: in a replay that of the data. */
  marketNowMs: () => number
  /** Nothing closes any more, so that what is open can end. */
  isSettling: () => boolean
  /** How often decisions are labelled and models judged; null: never. */
  labelsEveryMs: number | null
}

/** Streams of one seed: what one of them draws does not shift the others. */
const STREAMS = { process: 1, people: 2, latency: 3, feed: 4, venue: 5 } as const

export interface WorldOptions {
  config: Config
  seed: number
  clock: VirtualClock
  streams: readonly Stream[]
  /** Wall time at monotonic 0, ms. */
  startMs: number
  openFeed: (clock: Clock) => Feed
  /** Monotonic ms at which the rollout began. */
  beginMs: () => number
  isSettling: () => boolean
  faultless: boolean
  /** Is stored and becomes challenger; null: there is none besides the champion. */
  model: Model | null
  labelsEveryMs: number | null
}

/** Databases, venue and api; the executor comes and goes. */
export async function openWorld(options: WorldOptions): Promise<{ world: World; api: ApiProcess }> {
  const { config, seed, clock, streams, beginMs, startMs } = options
  const sinceMs = () => clock.monotonicMs() - beginMs()
  const trueMs = () => startMs + clock.monotonicMs()
  const sinceOf = (wallMs: number) => sinceMs() - (clock.nowMs() - wallMs)
  const main = await SharedDatabase.open<MainTables>(MAIN_MIGRATIONS)
  const paper = await SharedDatabase.open<PaperTables>(PAPER_MIGRATIONS)
  const timeline = createTimeline(sinceMs)
  const random = Object.fromEntries(
    Object.entries(STREAMS).map(([name, stream]) => [name, seededRandomness(seed, stream, () => clock.nowMs())]),
  ) as World['random']
  const misbehaviour = { ...WELL_BEHAVED }
  const parts: { api?: ApiProcess; world?: World } = {}
  const { startBalance, feeRate, halfSpreadBps, impactBps, partialFills } = config.file.paper ?? {}
  const venue = await fundPaperVenue(
    { db: paper.connect(null, null), close: () => Promise.resolve() },
    {
      clock: { nowMs: () => parts.world?.venueMs() ?? trueMs() },
      random: random.venue,
      startBalances: { USDT: String(startBalance ?? 200_000) },
      terms: {
        feeRate: String(feeRate ?? PAPER_TERMS.feeRate),
        halfSpreadBps: String(halfSpreadBps ?? PAPER_TERMS.halfSpreadBps),
        impactBps: String(impactBps ?? PAPER_TERMS.impactBps),
        partialFills: partialFills ?? PAPER_TERMS.partialFills,
      },
      misbehaviour,
    },
  )
  const models = createModelStore(main.connect(null, null))
  await installModels(models, config.weights, clock.nowMs())
  if (options.model !== null) await challengeWith(models, options.model, clock.nowMs())
  const world: World = (parts.world = {
    config,
    streams,
    clock,
    sinceMs,
    trueMs,
    log: createLog('rehearsal', 'silent'),
    faults: new ActiveFaults(),
    faultless: options.faultless,
    gaps: [],
    main,
    paper,
    venue,
    misbehaviour,
    audit: createMemoryAudit(
      () => clock.nowMs(),
      followOutbox(main, sinceMs),
      (event, atMs) => timeline.row(event, atMs),
    ),
    timeline,
    // The market's time of a replay stands still between its candles; there the order was marked a moment after it was signed.
    course: followCourse(main, sinceMs, ({ markedAt, signedAtMs }) =>
      sinceOf(parts.world?.venueMs === trueMs ? markedAt : signedAtMs),
    ),
    random,
    openFeed: (clockOf) => options.openFeed(clockOf),
    scores() {
      if (parts.api === undefined) throw new Error('the api has not started')
      return parts.api.scores
    },
    isSettling: () => options.isSettling(),
    marketNowMs: () => clock.nowMs(),
    venueMs: trueMs,
    labelsEveryMs: options.labelsEveryMs,
  })
  const api = (parts.api = await startApi(world))
  return { world, api }
}
