import type { AuditItem } from '@spark/contract/audit'
import { ApiError, UnreachableError, type Client } from '@spark/contract/client'
import type { Clock } from '@spark/server/clock'
import type { Answer } from '../processes.ts'
import type { SloLimit } from '../watch/slo-limits.ts'
import { askRollout } from './rollout-view.ts'
import type { MonitorSnapshot, Seen } from './snapshot.ts'

export interface CollectDeps {
  client: Client
  /** Of the figures, before there is a rollout. */
  limits: readonly SloLimit[]
  clock: Pick<Clock, 'nowMs' | 'monotonicMs'>
  askApi(): Promise<Answer<NonNullable<MonitorSnapshot['api']['value']>>>
  askExecutor(): Promise<Answer<NonNullable<MonitorSnapshot['executor']['value']>>>
  /** Prometheus text of the executor. Rejects with UnreachableError. */
  executorMetrics(): Promise<string>
}

const ALERTS_MAX = '50'
/** What is asked for at first; later only what is newer. */
const ACTIONS_ASKED = 1000
const ACTIONS_KEPT = 30
/** Answers that are long, or change slowly. */
const SLOW_MS = 10_000
const EQUITY_BACK_MS = 600_000

/** Asks for everything at once, and keeps what was seen last of what does not answer. */
export function createCollector(deps: CollectDeps): () => Promise<MonitorSnapshot> {
  const { client, clock } = deps
  const ask = createAsker(deps)
  const actions = createActions(client)
  let asOfMs: number | null = null

  async function risk() {
    const answer = await client.call('risk')
    asOfMs = answer.asOf
    return answer
  }
  async function equity() {
    // The curve lives by the executor's time: in a replay that of the data.
    const from = String((asOfMs ?? clock.nowMs()) - EQUITY_BACK_MS)
    return { point: (await client.call('equity', { query: { from } })).points.at(-1) ?? null }
  }
  async function strategies() {
    const { items } = await client.call('strategies')
    const running = items.filter(({ status }) => status === 'running').length
    return { total: items.length, running, exposed: items.filter(({ exposed }) => exposed).length }
  }

  return async () => {
    const [api, executor, rollout, metrics, queue, orders, seenRisk, positions, seenStrategies, alerts, seenActions] =
      await Promise.all([
        ask('api', () => healthOf(deps.askApi())),
        ask('executor', () => healthOf(deps.askExecutor())),
        ask('rollout', () => askRollout(client, deps.limits)),
        ask('metrics', () => client.call('getMetrics')),
        ask('queue', () => client.call('queue')),
        ask('orders', async () => ordersIn(await deps.executorMetrics())),
        ask('risk', risk),
        ask('positions', async () => (await client.call('positions')).items.length),
        ask('strategies', strategies, SLOW_MS),
        ask('alerts', async () => (await client.call('alerts', { query: { state: 'open', limit: ALERTS_MAX } })).items),
        ask('actions', actions),
      ])
    return {
      atMs: clock.nowMs(),
      api,
      executor,
      rollout,
      metrics,
      queue,
      orders,
      risk: seenRisk,
      positions,
      equity: await ask('equity', equity),
      strategies: seenStrategies,
      alerts,
      actions: seenActions,
    }
  }
}

/** Asks, and remembers the last answer by name. With `everyMs` an answer that is younger is not asked for again. */
function createAsker({ clock }: Pick<CollectDeps, 'clock'>) {
  const last = new Map<string, { seen: Seen<unknown>; askedMs: number }>()
  return async <Value>(name: string, question: () => Promise<Value>, everyMs = 0): Promise<Seen<Value>> => {
    const before = last.get(name)
    const seen = (before?.seen ?? { value: null, atMs: null, problem: null }) as Seen<Value>
    const young = before !== undefined && clock.monotonicMs() - before.askedMs < everyMs
    if (young && seen.problem === null) return seen
    const askedMs = clock.monotonicMs()
    const now = await answered(seen, question, clock)
    last.set(name, { seen: now, askedMs })
    return now
  }
}

async function answered<Value>(
  before: Seen<Value>,
  question: () => Promise<Value>,
  clock: Pick<Clock, 'nowMs'>,
): Promise<Seen<Value>> {
  try {
    return { value: await question(), atMs: clock.nowMs(), problem: null }
  } catch (error) {
    if (!(error instanceof ApiError || error instanceof UnreachableError || error instanceof AwayError)) throw error
    return { ...before, problem: error.message }
  }
}

class AwayError extends Error {}

async function healthOf<Health>(answer: Promise<Answer<Health>>): Promise<Health> {
  const seen = await answer
  if ('problem' in seen) throw new AwayError(seen.problem)
  return seen.health
}

/** By state, from the line of each. */
export function ordersIn(metrics: string): Record<string, number> {
  const lines = metrics.matchAll(/^spark_orders\{state="(\w+)"\} (\d+)$/gm)
  return Object.fromEntries([...lines].map(([, state = '', count]) => [state, Number(count)]))
}

/** Scores and orders come by the hundred; what people and Spark itself did would be lost among them. */
const isAction = ({ action }: AuditItem) => action !== 'ml.score' && !action.startsWith('order.')

function createActions(client: Client): () => Promise<readonly AuditItem[]> {
  let kept: readonly AuditItem[] = []
  let newestMs: number | null = null
  return async () => {
    const body = { limit: ACTIONS_ASKED, ...(newestMs !== null && { from: newestMs }) }
    const { items } = await client.call('auditList', { body })
    newestMs = items[0]?.ts ?? newestMs
    const known = new Set(kept.map(({ id }) => id))
    kept = [...items.filter((item) => isAction(item) && !known.has(item.id)), ...kept].slice(0, ACTIONS_KEPT)
    return kept
  }
}
