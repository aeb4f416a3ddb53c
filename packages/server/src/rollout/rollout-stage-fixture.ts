import type { TickFacts } from '@spark/core/rollout/outcome'
import { FREE } from '@spark/core/rollout/rollout-fixture'
import { DEFAULT_PLAN, type RolloutPlan } from '@spark/core/rollout/plan'
import { uniformSlice } from '@spark/core/rollout/slice-fixture'
import type { RolloutState } from '@spark/core/rollout/state'
import { ManualClock } from '../clock.ts'
import { loadConfig } from '../config.ts'
import { systemRandomness } from '../random.ts'
import type { AuditEvent } from '../storage/audit/audit-event.ts'
import { openFolderDatabase } from '../storage/main-database-fixture.ts'
import { temporaryFolder } from '../storage/temporary-folder.ts'
import { createTradingStores } from '../storage/trading-stores.ts'
import { commandRollout, decideRollout, type Decided, type RolloutParts } from './decide-rollout.ts'
import { rolloutPartsOf } from './rollout-parts.ts'
import { startRollout, type StartRequest } from './start-rollout.ts'

export const START_MS = Date.UTC(2026, 0, 5)
const MINUTE = 60_000
const STRATEGIES = 20
export const WHO = { actor: 'ada', traceId: '0'.repeat(32) }

/** Minutes in place of hours. */
export const SHORT_PLAN: RolloutPlan = {
  ...DEFAULT_PLAN,
  steps: DEFAULT_PLAN.steps.map((step) => ({ ...step, dwellMs: 10 * MINUTE })),
  coolDownMs: 0,
}

export const SHORT_START: StartRequest = {
  plan: SHORT_PLAN,
  canary: { symbol: 'BTCUSDT', tf: '1h' },
  pollIntervalMs: 60_000,
  model: { version: 'ml-fusion-1.2', hash: 'h' },
  ceiling: 1,
  reason: 'a test',
}

export interface RolloutStage {
  folder: string
  clock: ManualClock
  parts: RolloutParts
  begin(request?: Partial<StartRequest>): Promise<void>
  /** So many minutes of ticks, one every 30 s with the slice that was sealed. */
  tick(minutes: number, measured?: Parameters<typeof uniformSlice>[2], facts?: Partial<TickFacts>): Promise<void>
  say(kind: 'pause' | 'resume' | 'preview' | 'rollback' | 'kill' | 'unkill' | 'approve'): Promise<Decided>
  state(): Promise<RolloutState>
  exposed(): Promise<number>
  /** What waits to be carried into the audit, through its text. */
  events(): Promise<{ id: number; event: AuditEvent }[]>
}

/** Stores with twenty strategies on the canary stream, decided on by a clock turned by hand. For tests. */
export async function rolloutStage(): Promise<RolloutStage & { close(): Promise<void> }> {
  const folder = temporaryFolder()
  const database = await openFolderDatabase(folder, false)
  const clock = new ManualClock(START_MS)
  const stores = createTradingStores(database.db)
  const config = loadConfig({ SPARK_DATA_DIR: folder })
  const parts = rolloutPartsOf({ stores, config, clock, random: systemRandomness })
  await installStrategies(parts)
  return { ...stageOn(parts, clock), folder, close: () => database.close() }
}

export async function installStrategies({ stores }: Pick<RolloutParts, 'stores'>): Promise<void> {
  const strategy = {
    symbol: 'BTCUSDT',
    tf: '1h',
    capital: '100',
    mode: 'paper',
    status: 'running',
    baseline: 'ema_cross',
  } as const
  const all = Array.from({ length: STRATEGIES }, (_, at) => ({ ...strategy, id: `s-${at}`, name: `s-${at}`, exposed: false }))
  await stores.strategies.install(all, START_MS)
}

/** The same on stores that are there already, as those of an api. */
export function stageOn(parts: RolloutParts, clock: ManualClock): Omit<RolloutStage, 'folder'> {
  const { stores } = parts
  async function newest(trx = stores.db) {
    const rollout = await stores.rollouts.newest(trx)
    if (rollout === null) throw new Error('no rollout')
    return rollout
  }
  return {
    clock,
    parts,
    async begin(request = {}) {
      const answer = await startRollout(parts, { ...SHORT_START, ...request }, WHO)
      if ('problems' in answer) throw new Error(answer.problems.join())
    },
    async tick(minutes, measured = {}, facts = {}) {
      for (let at = 0; at < minutes * 2; at++) {
        clock.step(30_000)
        const nowMs = clock.nowMs()
        const slices = [uniformSlice(nowMs - 30_000, 10, { confid: 0.61 + at / 1000, ...measured })]
        const input = { nowMs, slices, commands: [], facts: { ...FREE, ...facts } }
        await stores.db.transaction().execute(async (trx) => {
          const rollout = await newest(trx)
          await decideRollout(parts, trx, rollout, input, { ...WHO, actor: 'controller' })
        })
      }
    },
    async say(kind) {
      const answer = await commandRollout(parts, { kind, by: 'ada', reason: 'a test' }, WHO)
      if ('problem' in answer) throw new Error(answer.problem)
      return answer
    },
    state: async () => (await newest()).state,
    exposed: async () => (await stores.rollouts.exposed()).size,
    events: async () => JSON.parse(JSON.stringify(await stores.outbox.next(10_000))) as { id: number; event: AuditEvent }[],
  }
}
