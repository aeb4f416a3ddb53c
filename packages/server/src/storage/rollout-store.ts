import type { Stream } from '@spark/core/market/candle'
import type { Timeframe } from '@spark/core/market/timeframe'
import type { Member } from '@spark/core/rollout/exposure'
import type { RolloutPlan } from '@spark/core/rollout/plan'
import type { RolloutState } from '@spark/core/rollout/state'
import type { StrategyStatus } from '@spark/core/trading/strategy'
import type { Kysely, Nullable } from 'kysely'
import { prepared } from './prepared.ts'
import { fenceOf, type Fence, type FenceRow } from './risk-store.ts'
import { stateText } from './state-text.ts'
import type { MainTables } from './tables.ts'

/** What the digest covers: nothing of it changes while the rollout lives. */
export interface FrozenRollout {
  plan: RolloutPlan
  modelVersion: string
  modelHash: string
  /** Decimal text. */
  capital: string
  strategies: number
}

export interface StoredRollout {
  id: string
  ordinal: number
  frozen: FrozenRollout
  planDigest: string
  state: RolloutState
  startedAt: number
  startedBy: string
  changedAt: number
}

/** Strategies of one status; for what reason, if they are paused; exposed or not; on the canary stream or not. */
export interface StrategyGroup {
  status: StrategyStatus
  pauseReason: string | null
  exposed: boolean
  canary: boolean
  count: number
  firstId: string
}

export interface RolloutStore {
  /** The newest one, whether it has ended or not; null before the first. */
  newest(trx?: Kysely<MainTables>): Promise<StoredRollout | null>
  /** The same with the fence around it, in one read: processes ask twice a second. */
  newestWithFence(trx?: Kysely<MainTables>): Promise<{ rollout: StoredRollout | null; fence: Fence }>
  /** Newest first. */
  list(limit: number): Promise<StoredRollout[]>
  /** The number of the next one: higher than any that was given. */
  nextOrdinal(trx: Kysely<MainTables>): Promise<number>
  /** Ordinals up to this one were given. */
  giveNoneUpTo(trx: Kysely<MainTables>, ordinal: number): Promise<void>
  insert(trx: Kysely<MainTables>, rollout: Omit<StoredRollout, 'changedAt'>, ranked: readonly Member[]): Promise<void>
  saveState(trx: Kysely<MainTables>, id: string, state: RolloutState, nowMs: number): Promise<void>
  /** Strategies that act on ML, with the stream each decides on, by id. */
  exposed(trx?: Kysely<MainTables>): Promise<ReadonlyMap<string, Stream>>
  /** These act on ML from now on, all others do not. */
  expose(trx: Kysely<MainTables>, ids: readonly string[], nowMs: number): Promise<void>
  /** All strategies in groups of those that stand alike. */
  strategyGroups(trx: Kysely<MainTables>, canary: Stream): Promise<StrategyGroup[]>
  /** In the order they join. */
  members(id: string, trx?: Kysely<MainTables>): Promise<Member[]>
}

const ROWS_A_STATEMENT = 500

export function createRolloutStore(db: Kysely<MainTables>): RolloutStore {
  const frozen = rememberLast<FrozenRollout>()
  const states = rememberLast<RolloutState>()
  const fromRow = (row: MainTables['rollout']): StoredRollout => ({
    id: row.id,
    ordinal: row.ordinal,
    frozen: frozen.of(row.frozen),
    planDigest: row.plan_digest,
    state: states.of(row.state),
    startedAt: row.started_at,
    startedBy: row.started_by,
    changedAt: row.changed_at,
  })
  return {
    async newest(trx = db) {
      const [row] = (await newestFirst(trx, { limit: 1 })).rows
      return row === undefined ? null : fromRow(row)
    },
    async newestWithFence(trx = db) {
      const [row] = (await newestFenced(trx, {})).rows
      if (row === undefined) throw new Error('the rollout epoch is missing')
      return { rollout: row.id === null ? null : fromRow(row as MainTables['rollout']), fence: fenceOf(row) }
    },
    async list(limit) {
      return (await newestFirst(db, { limit })).rows.map(fromRow)
    },
    nextOrdinal,
    async giveNoneUpTo(trx, ordinal) {
      await trx.updateTable('rollout_epoch').set({ rollouts_given: ordinal }).where('id', '=', 1).execute()
    },
    async insert(trx, rollout, ranked) {
      await trx.insertInto('rollout').values(toRow(rollout)).execute()
      for (let at = 0; at < ranked.length; at += ROWS_A_STATEMENT) {
        const some = ranked.slice(at, at + ROWS_A_STATEMENT)
        await trx
          .insertInto('rollout_member')
          .values(some.map((member, index) => memberRow(rollout.id, at + index, member)))
          .execute()
      }
    },
    async saveState(trx, id, state, nowMs) {
      const text = stateText(state)
      await stateOf(trx, { state: text, phase: state.phase, now: nowMs, id })
      states.is(text, state)
    },
    async exposed(trx = db) {
      const rows = await trx
        .selectFrom('strategy')
        .select(['id', 'symbol', 'tf'])
        .where('exposed', '=', 1)
        .orderBy('id')
        .execute()
      return new Map(rows.map(({ id, symbol, tf }) => [id, { symbol, tf: tf as Timeframe }]))
    },
    async expose(trx, ids, nowMs) {
      await trx.updateTable('strategy').set({ exposed: 0, changed_at: nowMs }).where('exposed', '=', 1).execute()
      for (let at = 0; at < ids.length; at += ROWS_A_STATEMENT)
        await trx
          .updateTable('strategy')
          .set({ exposed: 1, changed_at: nowMs })
          .where('id', 'in', ids.slice(at, at + ROWS_A_STATEMENT))
          .execute()
    },
    strategyGroups: async (trx, { symbol, tf }) => (await groups(trx, { symbol, tf })).rows.map(groupOf),
    async members(id, trx = db) {
      const rows = await trx.selectFrom('rollout_member').selectAll().where('rollout_id', '=', id).orderBy('rank').execute()
      return rows.map(({ strategy_id: strategyId, capital, canary }) => ({ strategyId, capital, canary: canary === 1 }))
    },
  }
}

const newestFirst = prepared<MainTables, { limit: number }, MainTables['rollout']>(
  (from, _parameter, { limit }) => from.selectFrom('rollout').selectAll().orderBy('ordinal', 'desc').limit(limit),
  ({ limit }) => limit,
)
/** One row always; the columns of the rollout are null before the first. */
const newestFenced = prepared<MainTables, Record<string, never>, FenceRow & Nullable<MainTables['rollout']>>((from) =>
  from
    .selectFrom('rollout_epoch')
    .leftJoin('rollout', (join) =>
      join.on(
        'rollout.ordinal',
        '=',
        from.selectFrom('rollout as newest').select(({ fn }) => fn.max('newest.ordinal').as('ordinal')),
      ),
    )
    .selectAll('rollout')
    .select(['rollout_epoch.epoch', 'rollout_epoch.ml_off', 'rollout_epoch.lease_until'])
    .where('rollout_epoch.id', '=', 1),
)
const stateOf = prepared<MainTables, { state: string; phase: string; now: number; id: string }>((from, parameter) =>
  from
    .updateTable('rollout')
    .set({ state: parameter('state'), phase: parameter('phase'), changed_at: parameter('now') })
    .where('id', '=', parameter('id')),
)
const groups = prepared<MainTables, { symbol: string; tf: string }, GroupRow>((from, parameter) =>
  from
    .selectFrom('strategy')
    .select((eb) => [
      'status',
      'pause_reason',
      'exposed',
      eb
        .case()
        .when(eb.and([eb('symbol', '=', parameter('symbol')), eb('tf', '=', parameter('tf'))]))
        .then(eb.lit(1))
        .else(eb.lit(0))
        .end()
        .as('canary'),
      eb.fn.countAll<number>().as('count'),
      eb.fn.min('id').as('first_id'),
    ])
    .groupBy(['status', 'pause_reason', 'exposed', 'canary'])
    .orderBy('first_id'),
)

async function nextOrdinal(trx: Kysely<MainTables>): Promise<number> {
  const { given } = await trx
    .selectFrom('rollout_epoch')
    .select('rollouts_given as given')
    .where('id', '=', 1)
    .executeTakeFirstOrThrow()
  const { newest } = await trx
    .selectFrom('rollout')
    .select((eb) => eb.fn.max<number | null>('ordinal').as('newest'))
    .executeTakeFirstOrThrow()
  return Math.max(given, newest ?? 0) + 1
}

type GroupRow = Pick<MainTables['strategy'], 'status' | 'pause_reason' | 'exposed'> & {
  canary: number
  count: number
  first_id: string
}

function groupOf(row: GroupRow): StrategyGroup {
  return {
    status: row.status as StrategyStatus,
    pauseReason: row.pause_reason,
    exposed: row.exposed === 1,
    canary: row.canary === 1,
    count: row.count,
    firstId: row.first_id,
  }
}

function toRow(rollout: Omit<StoredRollout, 'changedAt'>): MainTables['rollout'] {
  const { id, ordinal, frozen, planDigest, state, startedAt, startedBy } = rollout
  return {
    id,
    ordinal,
    frozen: JSON.stringify(frozen),
    plan_digest: planDigest,
    state: stateText(state),
    phase: state.phase,
    started_at: startedAt,
    started_by: startedBy,
    changed_at: startedAt,
  }
}

function memberRow(rolloutId: string, rank: number, { strategyId, capital, canary }: Member): MainTables['rollout_member'] {
  return { rollout_id: rolloutId, rank, strategy_id: strategyId, capital, canary: canary ? 1 : 0 }
}

/**
 * The newest rollout is read twice a second by every process and changes with each tick only: a text that was parsed or saved last is
 * not parsed again. What comes out is never changed by anyone.
 */
function rememberLast<Value>() {
  let last: { text: string; value: Value } | null = null
  return {
    of(text: string): Value {
      if (last?.text !== text) last = { text, value: JSON.parse(text) as Value }
      return last.value
    },
    is(text: string, value: Value): void {
      last = { text, value }
    },
  }
}
