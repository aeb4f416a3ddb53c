import { finding } from '@spark/contract/finding'
import type { StreamCondition } from '@spark/contract/health'
import { streamName } from '@spark/core/market/candle'
import { readRolloutNow } from '../rollout/rollout-now.ts'
import type { AuditItem } from '../storage/audit/audit-event.ts'
import { askExecutor } from './ask-executor.ts'
import type { Move, TriageDeps } from './triage-deps.ts'

const ROWS = 1000
const LINES_SHOWN = 5

interface StreamSignal {
  stream: string
  /** How many strategies ask on it. */
  strategies: number
  /** Newest scored or refused row of the executor's polls; null: none among the newest rows. */
  last: {
    at: string
    score: unknown
    confid: unknown
    parts: unknown
    reasons: unknown
    error: string | null
  } | null
  condition: StreamCondition | null
  ok: boolean
}

/** Of every stream that should be scored: its last row, why it is not scored, and what the executor logged last. */
export const checkSignals: Move = async (deps) => {
  const { clock, auditReader } = deps
  const asking = await streamsAsking(deps)
  const { items } = await auditReader.list({ limit: ROWS, action: 'ml.score' })
  const newest = new Map<string, AuditItem>()
  for (const item of items) {
    const stream = streamOf(item)
    if (item.actor === 'executor' && stream !== null && !newest.has(stream)) newest.set(stream, item)
  }
  const streams = await askExecutor<{ items: StreamCondition[] }>(deps, '/streams')
  const logs = await askExecutor<{ lines: string[] }>(deps, '/logs')
  const freshMs = clock.nowMs() - 2 * asking.pollIntervalMs
  const signals = [...asking.streams].map(([stream, strategies]): StreamSignal => {
    const item = newest.get(stream)
    const condition = 'problem' in streams ? null : (streams.body.items.find((one) => one.stream === stream) ?? null)
    return {
      stream,
      strategies,
      last: item === undefined ? null : lastOf(item),
      condition,
      ok: item !== undefined && item.ts >= freshMs && item.result === 'ok',
    }
  })
  const lines = 'problem' in logs ? [] : logs.body.lines
  const wrong = signals.filter(({ ok }) => !ok)
  return {
    ok: signals.length > 0 && wrong.length === 0,
    findings: [
      signals.length === 0
        ? finding('nobody_asks')
        : finding('streams_scored', { scored: signals.length - wrong.length, streams: signals.length }),
      ...('problem' in streams ? [streams.problem] : []),
      ...wrong.map(textOf),
      ...signals.filter(({ ok }) => ok).map(textOf),
      ...lines.slice(-LINES_SHOWN).map((line) => finding('log_line', { words: line })),
    ],
    detail: { signals, lines },
  }
}

/** Streams by name, with how many running strategies ask on each. */
async function streamsAsking({ config, stores, apply, clock }: TriageDeps) {
  const now = await readRolloutNow({ config, stores, settings: apply.settings }, stores.db, clock.nowMs())
  const canary = streamName(config.canary)
  const asking = (await stores.strategies.list())
    .filter(({ status }) => status === 'running')
    .map(({ id, symbol, tf }) => ({ id, stream: streamName({ symbol, tf }) }))
    .filter(({ id, stream }) => now.mode !== 'off' && (now.mode === 'live' ? now.exposed.has(id) : stream === canary))
  const streams = new Map([...Map.groupBy(asking, ({ stream }) => stream)].map(([stream, own]) => [stream, own.length]))
  return { streams, pollIntervalMs: now.pollIntervalMs }
}

function streamOf({ context }: AuditItem): string | null {
  const { symbol, tf } = (context['feature'] ?? {}) as { symbol?: unknown; tf?: unknown }
  return typeof symbol === 'string' && typeof tf === 'string' ? `${symbol}-${tf}` : null
}

function lastOf({ timestamp, context, _err }: AuditItem): StreamSignal['last'] {
  const { score, confid, ml_signal_parts: parts, reasons } = context
  return { at: timestamp, score, confid, parts, reasons, error: _err ?? null }
}

function textOf({ stream, strategies, last, condition }: StreamSignal): string {
  const problem = condition?.problem ?? null
  const head = { stream, strategies }
  if (last === null)
    return problem === null
      ? finding('unscored', { ...head, rows: ROWS })
      : finding('unscored_because', { ...head, rows: ROWS, words: problem })
  const why = problem === null ? '' : `; the executor has no row: ${problem}`
  const number = (value: unknown) => (typeof value === 'number' ? value.toFixed(3) : '-')
  const parts = Object.entries((last.parts ?? {}) as Record<string, unknown>).map(([name, value]) => `${name} ${number(value)}`)
  const reasons =
    Array.isArray(last.reasons) && last.reasons.length > 0
      ? `, ${last.error === null ? 'refused' : 'not scored'}: ${last.reasons.join(', ')}`
      : ''
  const words = `${parts.join(' ')}${reasons}${why}`
  return finding('scored', { ...head, at: last.at, score: number(last.score), confid: number(last.confid), words })
}
