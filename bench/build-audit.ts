import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createRandom, randomInteger, randomUint32, randomUniform, type RandomState } from '@spark/core/stats/random'
import { traceIdAt } from '@spark/server/random'
import { AuditAppender } from '@spark/server/storage/audit/audit-appender'
import { auditLine, type AuditEvent } from '@spark/server/storage/audit/audit-event'
import { auditFile, auditIndexFile } from '@spark/server/storage/audit/audit-files'
import { catchUpAuditIndex } from '@spark/server/storage/audit/audit-indexer'
import { scoreEvent } from './audit-rows.ts'
import { featureRows } from './feature-rows.ts'
import { formatNumber } from './figure.ts'
import { durationMs, progress } from './support.ts'

/** What was built, so that questions can be asked about it. */
export interface BuiltAudit {
  rows: number
  firstTs: number
  lastTs: number
  /** Of one row in a hundred or so, evenly over time. */
  traceIds: string[]
  buildSeconds: number
  diskMb: number
}

export const STRATEGIES = 120
/** A few rows in a million: the hardest action to find by walking. */
export const RARE_ACTION = 'rollout.step'
const SPAN_MS = 90 * 86_400_000
const TRACES_KEPT = 10_000
const PROGRESS_ROWS = 500_000
/** Writers as they run, with the actions each writes and how many of a hundred rows. */
const WRITERS = [
  { writer: 'api-1', share: 0.3 },
  { writer: 'executor', share: 0.7 },
] as const

/**
 * An audit of `rows` rows over 90 days in `dataDir`, as two processes leave it: of a hundred rows 28 scores with all they
 * carry, 70 of the controller that a list leaves out, 2 of anything else. Nine segments of ten hold 1 to 32 rows, as a
 * loaded server commits them, the others 200, as a batch does. Built before: used again.
 */
export async function buildAudit(dataDir: string, rows: number): Promise<BuiltAudit> {
  const description = join(dataDir, 'built.json')
  if (existsSync(description)) return JSON.parse(readFileSync(description, 'utf8')) as BuiltAudit
  mkdirSync(join(dataDir, 'audit'), { recursive: true })
  const lastTs = Date.UTC(2026, 0, 1)
  const firstTs = lastTs - SPAN_MS
  const traceIds: string[] = []
  const seconds =
    (await durationMs(async () => {
      for (const { writer, share } of WRITERS) {
        await appendRows(dataDir, writer, Math.round(rows * share), firstTs, (traceId) => traceIds.push(traceId))
      }
      progress('building the index')
      await catchUpAuditIndex({ dataDir })
    })) / 1000
  const files = [...WRITERS.map(({ writer }) => auditFile(dataDir, writer)), auditIndexFile(dataDir)]
  const diskMb = files.reduce((sum, file) => sum + statSync(file).size, 0) / 1e6
  const built: BuiltAudit = { rows, firstTs, lastTs, traceIds, buildSeconds: Math.round(seconds), diskMb: Math.round(diskMb) }
  writeFileSync(description, JSON.stringify(built))
  progress(`${formatNumber(rows)} rows built in ${formatNumber(seconds)} s, ${formatNumber(diskMb)} MB`)
  return built
}

async function appendRows(
  dataDir: string,
  writer: string,
  rows: number,
  firstTs: number,
  keepTrace: (traceId: string) => void,
): Promise<void> {
  const appender = await AuditAppender.open(dataDir, writer, false)
  const random = createRandom(2, writer.length)
  const makeEvent = eventMaker(writer, random)
  const keepEvery = Math.max(1, Math.floor((2 * rows) / TRACES_KEPT))
  let written = 0
  while (written < rows) {
    const size = Math.min(rows - written, randomInteger(random, 10) === 0 ? 200 : 1 + randomInteger(random, 32))
    const lines: string[] = []
    // Rows of one commit share its time to within a few milliseconds.
    const ts = firstTs + Math.floor((written / rows) * SPAN_MS)
    for (let at = 0; at < size; at++) {
      const event = makeEvent(ts + (at >> 3))
      if ((written + at) % keepEvery === 0 && typeof event.traceId === 'string') keepTrace(event.traceId)
      lines.push(auditLine(event, ts))
    }
    await appender.append({ body: lines.join('\n'), firstTs: ts, lastTs: ts + ((size - 1) >> 3) })
    if (Math.floor((written + size) / PROGRESS_ROWS) > Math.floor(written / PROGRESS_ROWS)) {
      progress(`${writer}: ${formatNumber(written + size)} of ${formatNumber(rows)} rows`)
    }
    written += size
  }
  await appender.close()
}

function eventMaker(writer: string, random: RandomState): (ts: number) => AuditEvent {
  const features = featureRows(256, 0)
  const traceId = (ts: number) =>
    traceIdAt(ts, Array.from({ length: 3 }, () => randomUint32(random).toString(16).padStart(8, '0')).join(''))
  const common = (ts: number, action: string) => ({ ts, action, actor: writer, traceId: traceId(ts), result: 'ok' as const })
  const strategyId = () => `s-${randomInteger(random, STRATEGIES)}`
  return (ts) => {
    const share = randomUniform(random)
    if (writer === 'executor') {
      if (share < 0.15) return { ...common(ts, 'controller.tick'), context: { step: 3, holdMs: 60_000, breaches: [] } }
      return {
        ...common(ts, 'baseline.decision'),
        strategyId: strategyId(),
        context: { decision: 1, close: 60_000 + 100 * share, reason: 'ema_cross' },
      }
    }
    if (share < 0.000_01) return { ...common(ts, RARE_ACTION), context: { from: 0.25, to: 0.5 } }
    if (share < 0.066)
      return {
        ...common(ts, 'order.filled'),
        strategyId: strategyId(),
        context: { symbol: 'BTCUSDT', quantity: '0.010', price: '60123.45' },
      }
    const feature = features[randomInteger(random, features.length)]
    if (feature === undefined) throw new Error('no feature rows')
    return scoreEvent(feature, strategyId(), traceId(ts), ts)
  }
}
