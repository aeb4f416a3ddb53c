import { createPrometheus } from '../prometheus.ts'
import type { Ingest } from './ingest.ts'
import type { StrategyPoller } from './score-strategies.ts'

export interface ExecutorMeterSources {
  version: string
  buildSha: string
  ingest: Pick<Ingest, 'counters' | 'lastMessageMs' | 'stalenessS' | 'warmStreams'>
  polls(): StrategyPoller['counters'] | null
}

/** Prometheus text of the executor. Single samples without labels where an operator greps. */
export function createExecutorMeters(sources: ExecutorMeterSources): () => Promise<string> {
  const { ingest } = sources
  const { gauge, outcomes, text } = createPrometheus(sources)
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
  outcomes('spark_polls_total', 'Scheduled polls of strategies, by outcome.', () => ({ ...sources.polls() }))
  return text
}
