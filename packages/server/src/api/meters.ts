import { Counter, Histogram } from 'prom-client'
import type { ScoreAnswer } from '@spark/contract/ml'
import { createPrometheus } from '../prometheus.ts'

export interface Meters {
  scored(answer: Pick<ScoreAnswer, 'decision' | '_err' | 'guardrails'>, durationMs: number): void
  text(): Promise<string>
}

export interface MeterSources {
  buildSha: string
  version: string
  audit: () => { queuedRows: number; indexLagRows: number }
  eventStreams: () => number
}

/** Prometheus text of the API. */
export function createMeters(sources: MeterSources): Meters {
  const { registry, gauge, text } = createPrometheus(sources)
  const registers = [registry]
  const scores = new Counter({
    name: 'spark_scores_total',
    help: 'Scores answered, by outcome.',
    labelNames: ['outcome'],
    registers,
  })
  const duration = new Histogram({
    name: 'spark_score_duration_seconds',
    help: 'Time from a parsed request to its durable audit row.',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 5],
    registers,
  })
  gauge('spark_audit_queued_rows', 'Audit rows that wait for their commit.', () => sources.audit().queuedRows)
  gauge(
    'spark_audit_index_lag_rows',
    'Audit rows on disk that the query index does not hold yet.',
    () => sources.audit().indexLagRows,
  )
  gauge('spark_event_streams', 'Open event streams.', sources.eventStreams)
  const outcomes = { ok: { outcome: 'ok' }, refused: { outcome: 'refused' }, error: { outcome: 'error' } } as const
  return {
    scored(answer, durationMs) {
      scores.inc(answer._err !== undefined ? outcomes.error : answer.guardrails.pass ? outcomes.ok : outcomes.refused)
      duration.observe(durationMs / 1000)
    },
    text,
  }
}
