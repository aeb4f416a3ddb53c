// Every number of a report, from nothing but its evidence. It shares no code with Spark: what a figure means is written here a second time,
// from docs/operations.md, "Reports". Usage: node test/evidence/recompute.ts evidence.zip
import { readFileSync } from 'node:fs'
import { unzip } from './unzip.ts'
import { labelNumbers, type LabelLine } from './recompute-labels.ts'
import { band, GATES, judge, p95Of, medianOf, merge, sliceOf, type Plan, type Slice, type SliceLine } from './recompute-slices.ts'

const SLICE = 30_000
const HOUR = 3_600_000

interface Config {
  period: { kind: string; fromMs: number; toMs: number }
  plan: Plan & { steps: { share: number }[] }
  rollout: { id: string; ceiling: number; startedMs: number } | null
  partBreaches: boolean
  collecting: boolean
  floor: { base: number; step: number; max: number }
}
type Report = Record<string, unknown> & { model: { version: string }; actions: { proposed: { code: string }[] } }
interface Row {
  ts: number
  action: string
  strategyId: string | null
  context: { rollout?: string; decision?: string; effects?: { kind: string; share?: number }[] }
}
interface Breach {
  gate: string
  sinceMs: number
  endMs: number | null
  critical: boolean
  worst: number | null
  threshold: number
}

/** The report that an archive holds, and what its numbers come to. */
export function recompute(zip: Uint8Array): { report: Record<string, unknown>; numbers: Record<string, unknown> } {
  const files = unzip(zip)
  const text = (name: string) => Buffer.from(files[name] ?? []).toString()
  const json = (name: string): unknown => JSON.parse(text(name))
  const lines = (name: string): unknown[] =>
    text(name)
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as unknown)
  const report = json('report.json') as Report
  const config = json('config.json') as Config
  const decisions = json('decisions.json') as { taken: Row[]; phases: Row[]; autoPaused: Row[] }
  const model = `models/${report.model.version}.json`
  const weights = model in files ? (json(model) as { weights: Record<string, number> }).weights : null
  const { period } = config
  const hours = (period.toMs - period.fromMs) / HOUR
  const slices = slicesOf(lines('slices.ndjson') as SliceLine[])
  const inside = slices.filter(({ ts }) => ts >= period.fromMs && ts < period.toMs)
  const labels = labelNumbers(lines('labels.ndjson') as LabelLine[], weights)
  const breaches = breachNumbers(json('breaches.json') as Breach[], period.toMs)
  const rollout = rolloutNumbers(config, decisions.phases)
  const measured = periodNumbers(inside, period)
  return {
    report,
    numbers: {
      version: 1,
      period: { fromMs: period.fromMs, toMs: period.toMs, hours },
      rollout,
      coverage: { slices: inside.length, slicesDue: (period.toMs - period.fromMs) / SLICE },
      summary: {
        ...measured.summary,
        criticalPerDay: config.partBreaches ? null : (breaches.critical * 24) / hours,
        minorPerDay: config.partBreaches ? null : (breaches.minor * 24) / hours,
      },
      bands: GATES.map((gate) =>
        band(config.plan, gate, judge(config.plan, slices, gate, period.fromMs), period.toMs - period.fromMs),
      ),
      scores: measured.scores,
      series: seriesOf(inside, period),
      calibration: labels.calibration,
      balance: { buckets: measured.buckets, verdict: null },
      parts: labels.parts,
      breaches: { ...breaches, autoPausedStrategies: new Set(decisions.autoPaused.map(({ strategyId }) => strategyId)).size },
      actions: {
        taken: decisions.taken.slice(-200).map(({ ts, context }) => ({ ts, share: shareOf(context) })),
        ...(decisions.taken.length > 200 && { more: decisions.taken.length - 200 }),
        proposed: report.actions.proposed.map(({ code }) => ({ floor: code === 'raise_floor' ? floorOf(config) : null })),
      },
      next: { share: nextShare(config, rollout) },
      success: [
        measured.summary.p95Ms,
        measured.summary.stalenessMaxS,
        measured.summary.errorRatePercent,
        measured.scores.perMinute,
        measured.summary.confidMedian,
        config.partBreaches ? null : breaches.critical + breaches.minor,
        measured.summary.deadLettersMax,
        largest(measured.buckets.map(({ count }) => count)),
        labels.calibration.labels,
      ].map((value) => ({ value })),
    },
  }
}

function slicesOf(rows: readonly SliceLine[]): Slice[] {
  return [...Map.groupBy(rows, ({ sliceTs }) => sliceTs).values()].map(sliceOf)
}

function periodNumbers(inside: readonly Slice[], { fromMs, toMs }: Config['period']) {
  const all = merge(inside)
  const { due, ok, failed } = all
  const byHour = Map.groupBy(inside, ({ ts }) => ts - (ts % HOUR))
  const hours = [...byHour].map(([from, some]) => ({ fromMs: from, scores: some.reduce((sum, one) => sum + one.ok, 0) }))
  const best = Math.max(0, ...hours.map(({ scores }) => scores))
  return {
    summary: {
      p95Ms: p95Of(all),
      stalenessMaxS: all.staleness,
      errorRatePercent: ok + failed === 0 ? null : (100 * failed) / (ok + failed),
      hitRatePercent: due === 0 ? null : (100 * ok) / due,
      confidMedian: medianOf(all),
      deadLettersMax: all.deadLetters,
    },
    scores: {
      due,
      ok,
      failed,
      perMinute: ok / ((toMs - fromMs) / 60_000),
      peakHour: best === 0 ? null : (hours.find(({ scores }) => scores === best) ?? null),
      hours,
    },
    buckets: all.buckets,
  }
}

function seriesOf(inside: readonly Slice[], { fromMs, toMs }: Config['period']) {
  const stepMs = 300_000 * Math.max(1, Math.ceil((toMs - fromMs) / (300_000 * 288)))
  const groups = Map.groupBy(inside, ({ ts }) => fromMs + Math.floor((ts - fromMs) / stepMs) * stepMs)
  const points = [...groups].map(([from, some]) => {
    const all = merge(some)
    return {
      fromMs: from,
      p95Ms: p95Of(all),
      stalenessMaxS: all.staleness,
      errorRatePercent: all.ok + all.failed === 0 ? null : (100 * all.failed) / (all.ok + all.failed),
      scoresPerMinute: all.ok / (some.length / 2),
      confidMedian: medianOf(all),
      deadLettersMax: all.deadLetters,
    }
  })
  return { stepMs, points }
}

function breachNumbers(breaches: readonly Breach[], toMs: number) {
  const rank = (one: Breach) => [one.critical ? 0 : 1, -((one.endMs ?? toMs) - one.sinceMs), one.sinceMs]
  const sorted = breaches.toSorted((a, b) => {
    const [x, y] = [rank(a), rank(b)]
    return x.map((value, at) => value - (y[at] ?? 0)).find((difference) => difference !== 0) ?? 0
  })
  return {
    critical: breaches.filter(({ critical }) => critical).length,
    minor: breaches.filter(({ critical }) => !critical).length,
    top: sorted.slice(0, 3).map(({ sinceMs, endMs, worst, threshold }) => ({
      sinceMs,
      endMs,
      worst,
      threshold,
      durationS: ((endMs ?? toMs) - sinceMs) / 1000,
    })),
  }
}

function shareOf({ effects = [] }: Row['context']): number | null {
  return effects.find(({ kind }) => kind === 'expose')?.share ?? null
}

/** The share after the last decision that changed it. */
function rolloutNumbers({ rollout, plan }: Config, phases: readonly Row[]) {
  if (rollout === null) return null
  let share = 0
  let isLive = true
  for (const { action, context } of phases) {
    if (context.rollout !== rollout.id) continue
    if (context.decision === 'advance') share = shareOf(context) ?? plan.steps.at(-1)?.share ?? 0
    isLive =
      context.decision === 'advance' ||
      (isLive && action !== 'rollout.unkill' && !['kill', 'rollback', 'preview_only'].includes(context.decision ?? ''))
  }
  return { share: isLive ? share : 0, ceiling: rollout.ceiling, startedMs: rollout.startedMs, isLive }
}

function nextShare({ plan }: Config, rollout: ReturnType<typeof rolloutNumbers>): number | null {
  if (rollout === null || !rollout.isLive) return null
  return plan.steps.find(({ share }) => share > rollout.share)?.share ?? null
}

const floorOf = ({ floor: { base, step, max } }: Config): number => Math.min(max, base + step)

function largest(counts: readonly number[]): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0)
  return total === 0 ? null : Math.max(...counts) / total
}

if (import.meta.main) console.log(JSON.stringify(recompute(readFileSync(process.argv[2] ?? '')).numbers, null, 2))
