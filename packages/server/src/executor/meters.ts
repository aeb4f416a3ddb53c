import { rolloutMeters } from '../rollout/rollout-counts.ts'
import { createPrometheus } from '../prometheus.ts'
import { QUEUES, type QueueDepth } from '../queue/queue.ts'
import type { Ingest } from './ingest.ts'
import type { LateOutcomes } from './measure.ts'
import type { OrderDesk } from './order-desk.ts'
import type { StrategyPoller } from './score-strategies.ts'

export interface ExecutorMeterSources {
  version: string
  buildSha: string
  ingest: Pick<Ingest, 'counters' | 'lastMessageMs' | 'stalenessS' | 'warmStreams'>
  polls(): StrategyPoller['counters'] | null
  /** Those whose slice was sealed already. */
  latePolls(): LateOutcomes | null
  rollout: Parameters<typeof rolloutMeters>[1]
  desk(): Pick<OrderDesk, 'depth' | 'orders' | 'haltedReason' | 'trading'> | null
}

/** Prometheus text of the executor. Single samples without labels where an operator greps. */
export function createExecutorMeters(sources: ExecutorMeterSources): () => Promise<string> {
  const { ingest } = sources
  const prometheus = createPrometheus(sources)
  const { gauge, outcomes, states, text } = prometheus
  gauge(
    'spark_last_update_timestamp',
    'Unix time of the last valid market message, seconds; 0 before the first.',
    () => (ingest.lastMessageMs() ?? 0) / 1000,
  )
  gauge(
    'spark_feed_staleness_seconds',
    'Age of the last valid message of the worst stream; NaN before the feed is listened to.',
    () => ingest.stalenessS() ?? Number.NaN,
  )
  gauge('spark_warm_streams', 'Streams with enough candles to be scored.', () => ingest.warmStreams())
  outcomes('spark_feed_messages_total', 'Market messages, by what became of them.', () => ({
    valid: ingest.counters.valid,
    invalid: ingest.counters.invalid,
  }))
  outcomes('spark_candles_refused_total', 'Candles that were not taken, by reason.', () => ingest.counters.refused, 'reason')
  outcomes('spark_feed_warnings_total', 'What the feed warned of, by code.', () => ingest.counters.warnings, 'code')
  outcomes('spark_polls_total', 'Scheduled polls of strategies, by outcome.', () => ({ ...sources.polls() }))
  outcomes('spark_late_polls_total', 'Outcomes of polls that came after their slice was sealed, and judge nothing.', () => ({
    ...sources.latePolls(),
  }))
  gauge('spark_dlq_size', 'Dead letters of orders and labels.', () => deadLetters(sources.desk()) ?? 0)
  gauge('spark_consumer_lag', 'Jobs whose time has come and that nobody works on.', () => jobs(sources, ({ ready }) => ready))
  gauge('spark_queue_depth', 'Jobs that wait or run.', () =>
    jobs(sources, ({ ready, delayed, leased }) => ready + delayed + leased),
  )
  gauge('spark_venue_halted', '1 while no order is sent because the books differ.', () =>
    (sources.desk()?.haltedReason() ?? null) === null ? 0 : 1,
  )
  outcomes('spark_order_jobs_total', 'Attempts at jobs of the order queue, by outcome.', () => ({
    ...sources.desk()?.trading.worker.counters,
  }))
  states('spark_orders', 'Orders by state.', async () => ({ ...(await sources.desk()?.orders.countByState()) }))
  rolloutMeters(prometheus, sources.rollout)
  return text
}

/** Null before the queue was looked at. */
export function deadLetters(desk: Pick<OrderDesk, 'depth'> | null): number | null {
  const depth = desk?.depth() ?? null
  return depth === null ? null : depth.order.dead + depth.label.dead
}

function jobs(sources: ExecutorMeterSources, count: (depth: QueueDepth) => number): number {
  const depth = sources.desk()?.depth() ?? null
  return depth === null ? 0 : QUEUES.reduce((sum, queue) => sum + count(depth[queue]), 0)
}
