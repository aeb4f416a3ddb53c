import type { Stream } from '@spark/core/market/candle'
import { expectedDurationMs, type RolloutPlan } from '@spark/core/rollout/plan'
import { hasEnded, type ModelVerdict, type Phase, type RolloutState } from '@spark/core/rollout/state'
import type { Member } from '@spark/core/rollout/exposure'
import type { Model } from '@spark/core/signal/model'
import { told } from '@spark/contract/told'
import { championOf } from '../champion.ts'
import type { Clock } from '../clock.ts'
import type { Config } from '../config.ts'
import type { Feed } from '../feed/feed.ts'
import { startRollout } from '../rollout/start-rollout.ts'
import { createLabelStore } from '../storage/label-store.ts'
import { createModelStore } from '../storage/model-store.ts'
import { StorageError } from '../storage/storage-error.ts'
import { VenueError } from '../venue/venue.ts'
import { bookDifferences, openOrders } from './books.ts'
import type { Arrival, Exposure } from './course.ts'
import { startExecutor, type ExecutorProcess } from './executor-process.ts'
import type { Fault, FaultKind } from './fault.ts'
import { scheduleFaults } from './fault-schedule.ts'
import { Life } from './life.ts'
import type { KeptRow } from './memory-audit.ts'
import { createPeople } from './people.ts'
import type { TimelineEntry } from './timeline.ts'
import { VirtualClock } from './virtual-clock.ts'
import { openWorld, type World } from './world.ts'

export interface RehearsalOptions {
  config: Config
  plan: RolloutPlan
  seed: number
  faults: readonly Fault[]
  /** Wall time at which the rehearsal begins, ms. */
  startMs: number
  streams: readonly Stream[]
  /** The market, for one life of the executor. */
  openFeed: (clock: Clock) => Feed
  /** The approved share. */
  ceiling: number
  /** Ends at the latest so long after the rollout began, ms. */
  limitMs: number
  /** What is rolled out; default: the champion. */
  model?: Model
  /** How often models are judged by what became of decisions, ms; default: as the job does, in a rehearsal that asks for it. */
  labelsEveryMs?: number
}

export interface Rehearsal {
  seed: number
  plan: RolloutPlan
  faults: readonly Fault[]
  members: readonly Member[]
  /** Wall time at which the rollout began. */
  startedMs: number
  /** How long it took until it had ended, ms. */
  lastedMs: number
  phase: Phase
  state: RolloutState
  /** Version of what was rolled out. */
  model: string
  /** What became of its decisions; null: nothing was labelled. */
  judged: { verdict: ModelVerdict; labels: number; rounds: number } | null
  /** Every row of the audit that tells of the rollout. */
  rows: readonly KeptRow[]
  exposures: readonly Exposure[]
  arrivals: readonly Arrival[]
  timeline: readonly TimelineEntry[]
  /** Rows of the audit by action. */
  counts: ReadonlyMap<string, number>
  /** In what our book and the venue's differ at the end. */
  differences: readonly string[]
  /** Orders that had not ended when everybody had given up. */
  openOrders: number
  /** SHA-256 over every line of the audit. */
  digest: string
}

/** The rollout could not begin; each with the arithmetic. */
export class RehearsalRefused extends Error {
  readonly problems: readonly string[]
  constructor(problems: readonly string[]) {
    super(problems.join('; '))
    this.name = 'RehearsalRefused'
    this.problems = problems
  }
}

/** The supervisor starts a process that died again after this. */
const RESTART_MS = 3000
/** After its end the rollout is watched on for a while: what was on its way must stop. */
const TAIL_MS = 120_000
const SETTLE_MS = 30_000
const SETTLE_ROUNDS_MAX = 30
/** As jobs/schedule.ts has it. */
const LABELS_EVERY_MS = 300_000
/** What people may still do to a rollout that waits for them. */
const REVIVING: ReadonlySet<FaultKind> = new Set(['approve', 'promote', 'ceiling', 'override'])

/** Runs a rollout with its faults on a virtual clock until it is done, has ended, waits for a person, or its time is over. */
export async function rehearse(options: RehearsalOptions): Promise<Rehearsal> {
  const { config, plan, seed } = options
  const clock = new VirtualClock(options.startMs)
  let beginMs = 0
  let settling = false
  const { world, api } = await openWorld({
    ...options,
    clock,
    beginMs: () => beginMs,
    isSettling: () => settling,
    faultless: options.faults.length === 0,
    model: options.model ?? null,
    labelsEveryMs: options.labelsEveryMs ?? (isJudged(options) ? LABELS_EVERY_MS : null),
  })
  const lives = superviseExecutor(world)
  await during(clock, lives.start())
  const model = await championOf(createModelStore(world.main.connect(null, null)), options.model?.version ?? null)
  if (model === null) throw new Error('there is no model to roll out')
  const request = { plan, canary: config.canary, pollIntervalMs: config.pollIntervalMs, model, ceiling: options.ceiling }
  const who = { actor: 'rehearsal', traceId: world.random.people.traceId() }
  const answer = await startRollout(api.rollout, { ...request, reason: 'rehearsal' }, who)
  if ('problems' in answer) throw new RehearsalRefused(answer.problems)
  beginMs = clock.monotonicMs()
  const startedMs = clock.nowMs()
  await during(clock, lives.run())
  const people = createPeople(world, api, ({ what, answer: said }) =>
    world.timeline.add('person', said === null ? what : `${what}: refused, ${said}`),
  )
  const schedule = scheduleFaults(options.faults, { world, people, executor: lives.current })
  const ends = isOver(world, schedule.pending)
  await clock.run(beginMs + options.limitMs, ends.now)
  const lastedMs = ends.sinceMs() ?? world.sinceMs()
  const phase = world.course.phase()
  const state = JSON.parse(
    String(world.main.peek('select state from rollout order by ordinal desc limit 1')[0]?.['state']),
  ) as RolloutState
  schedule.endAll()
  settling = true
  for (let round = 0; round < SETTLE_ROUNDS_MAX && (round < 2 || openOrders(world.main) > 0); round++)
    await clock.run(clock.monotonicMs() + SETTLE_MS)
  const ended: Rehearsal = {
    seed,
    plan,
    faults: options.faults,
    members: world.course.members(),
    startedMs,
    lastedMs,
    phase,
    state,
    model: model.version,
    judged: world.labelsEveryMs === null ? null : await judgementOf(world, model.version),
    rows: world.audit.rollout,
    exposures: world.course.exposures,
    arrivals: world.course.arrivals,
    timeline: world.timeline.entries,
    counts: world.audit.counts,
    differences: bookDifferences(world.main, world.paper),
    openOrders: openOrders(world.main),
    digest: world.audit.digest(),
  }
  world.main.close()
  world.paper.close()
  return ended
}

async function judgementOf(world: World, version: string): Promise<NonNullable<Rehearsal['judged']>> {
  const found = await createLabelStore(world.main.connect(null, null)).evidence(version)
  const { labels, rounds } = found?.evidence ?? { labels: 0, rounds: 0 }
  return { verdict: found?.verdict ?? 'unproven', labels, rounds }
}

/** Labels of an hour or more conclude nothing within a plan of a day; they cost time, and are left out where nothing hangs on them. */
function isJudged({ model, faults, plan }: RehearsalOptions): boolean {
  return model !== undefined || faults.some(({ kind }) => kind === 'late_labels') || plan.steps.some(({ proven }) => proven)
}

/** How long a rehearsal may take at most: the plan, a quarter more, and what the faults take. */
export function limitOf(plan: RolloutPlan, faults: readonly Fault[]): number {
  const lasting = faults.reduce((sum, { forMs }) => sum + forMs, 0)
  const lastMs = Math.max(0, ...faults.map(({ atMs, forMs }) => atMs + forMs))
  return Math.max(lastMs, 1.25 * expectedDurationMs(plan)) + lasting + 2 * TAIL_MS
}

interface Lives {
  start: () => Promise<void>
  run: () => Promise<void>
  current: () => ExecutorProcess | null
}

/** Starts the executor again whenever it died, as the supervisor does. */
function superviseExecutor(world: World): Lives {
  let current: ExecutorProcess | null = null

  async function start(): Promise<void> {
    const life = new Life(world.clock)
    life.onDeath(() => {
      current = null
      world.timeline.add('process', told('executor_died'))
      world.clock.after(RESTART_MS, again)
    })
    try {
      current = await startExecutor(world, life)
    } catch (error) {
      if (!(error instanceof StorageError || error instanceof VenueError)) throw error
      life.kill()
    }
  }

  async function run(): Promise<void> {
    try {
      await current?.run()
    } catch (error) {
      if (!(error instanceof StorageError)) throw error
      current?.life.kill()
    }
  }

  function again(): void {
    world.timeline.add('process', told('executor_starts'))
    void start().then(run)
  }

  return { start, run, current: () => current }
}

/** Done and nothing to come, ended, or waiting for a person who will not come; then a while longer. */
function isOver(world: World, pending: () => readonly Fault[]): { now: () => boolean; sinceMs: () => number | null } {
  let overMs: number | null = null
  const over = (phase: Phase): boolean => {
    if (phase === 'done') return pending().length === 0
    if (phase === 'preview_only') return !pending().some(({ kind }) => REVIVING.has(kind))
    return hasEnded({ phase })
  }
  return {
    sinceMs: () => overMs,
    now() {
      if (!over(world.course.phase())) overMs = null
      else overMs ??= world.sinceMs()
      return overMs !== null && world.sinceMs() - overMs >= TAIL_MS
    },
  }
}

/** Lets time pass until the work is done. */
async function during<T>(clock: VirtualClock, work: Promise<T>): Promise<T> {
  let done = false
  const ended = () => void (done = true)
  work.then(ended, ended)
  await new Promise((resolve) => setImmediate(resolve))
  if (!done) await clock.run(clock.monotonicMs() + 600_000, () => done)
  return work
}
