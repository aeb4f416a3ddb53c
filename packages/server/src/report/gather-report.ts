import { addLabel, createLabelSums, labelFigures } from '@spark/core/report/label-sums'
import { addSlice, createPeriodSums, firstSliceMs, measuredOf, type Measured } from '@spark/core/report/measure-period'
import { buildReport, type ReportFacts } from '@spark/core/report/build-report'
import type { Report, ReportBreach, ReportPeriod } from '@spark/core/report/report'
import { sliceFacts } from '@spark/core/rollout/slice'
import type { RolloutPlan } from '@spark/core/rollout/plan'
import { hasEnded } from '@spark/core/rollout/state'
import type { Model } from '@spark/core/signal/model'
import type { Config } from '../config.ts'
import { championOf } from '../champion.ts'
import { effectiveSettings } from '../live-settings.ts'
import { breachesOf, isCutShort } from '../rollout/breach-list.ts'
import { rolloutPlanOf } from '../rollout-plan.ts'
import { sloSlicesOf } from '../slo-slices.ts'
import type { LabelStore, StoredLabel } from '../storage/label-store.ts'
import type { LiveSetting, LiveSettingStore } from '../storage/live-setting-store.ts'
import { SEALED_STEP_S } from '../storage/metric-slice.ts'
import type { MetricSliceStore } from '../storage/metric-slice-store.ts'
import type { ModelStore } from '../storage/model-store.ts'
import type { RolloutStore, StoredRollout } from '../storage/rollout-store.ts'
import { championAt, floorAt, type HeldDeps } from './held-at.ts'
import { ceilingAfter, decisionOf, pausedStrategies, readDecisions, type Decisions } from './report-decisions.ts'

export interface GatherDeps extends HeldDeps {
  config: Pick<
    Config,
    | 'file'
    | 'clockSpeed'
    | 'version'
    | 'buildSha'
    | 'auditMlBucket'
    | 'auditMlSignalParts'
    | 'scoring'
    | 'confidFloor'
    | 'pollIntervalMs'
  >
  slices: Pick<MetricSliceStore, 'read'>
  labels: Pick<LabelStore, 'endedIn'>
  models: Pick<ModelStore, 'get' | 'aliases'>
  rollouts: Pick<RolloutStore, 'list'>
  settings: Pick<LiveSettingStore, 'list'>
}

/** Takes what the report is made of while it is read, one file after the other. */
export interface Keep {
  lines(name: string, lines: AsyncIterable<object>): Promise<void>
  file(name: string, content: object): Promise<void>
}

/** Slices of so long are added up in about 3 ms: candles and orders wait no longer. */
const SLICES_AT_ONCE_MS = 900_000
const LABELS_AT_ONCE = 1000
const ROLLOUTS_MAX = 100
const NO_MODEL = 'none'

/** Reads what a period was, in memory that does not grow with it, and hands it to `keep` as it comes. */
export async function gatherReport(
  deps: GatherDeps,
  about: { id: string; period: ReportPeriod; prepared: Report['prepared'] },
  keep: Keep | null,
): Promise<{ report: Report; model: Model | null }> {
  const { config } = deps
  const { period } = about
  const begun = (await deps.rollouts.list(ROLLOUTS_MAX)).filter(({ startedAt }) => startedAt < period.toMs)
  const newest = begun[0] ?? null
  const plan = newest?.frozen.plan ?? rolloutPlanOf(config.file, config.clockSpeed)
  const measured = await measure(deps, plan, period, keep)
  const version = modelUnderRollout(newest, period) ?? (await championAt(deps, period.toMs))
  const named = await championOf(deps.models, version)
  const model = named === null ? null : ((await deps.models.get(named.version))?.document ?? null)
  const labels = await sumLabels(deps, model, period, keep)
  const decisions = await readDecisions(deps.auditReader, period, newest?.startedAt ?? null)
  const breaches = breachesIn(begun, period)
  const ceiling = newest === null ? 0 : (ceilingAfter(decisions, newest.id) ?? newest.state.ceiling)
  const applied = await deps.settings.list()
  const floor = (await floorAt(deps, applied, period.toMs)) ?? effectiveSettings(config, applied).confidFloor
  const facts: ReportFacts = {
    ...about,
    build: { version: config.version, sha: config.buildSha },
    featureVersion: model?.featureVersion ?? NO_MODEL,
    model: { version: named?.version ?? NO_MODEL, hash: named?.hash ?? NO_MODEL },
    rollout: newest === null ? null : { id: newest.id, plan, ceiling, startedMs: newest.startedAt },
    measured,
    labels,
    breaches,
    partBreaches: begun.some((one) => isCutShort(one, period.fromMs)),
    taken: decisions.taken.map(decisionOf),
    phases: decisions.phases.map(decisionOf),
    autoPausedStrategies: pausedStrategies(decisions),
    collecting: config.auditMlBucket && config.auditMlSignalParts,
    floor: { base: floor, step: plan.floorStep, max: plan.floorMax },
  }
  if (keep !== null) await keepRest(keep, config, { newest, plan, decisions, breaches, model, facts, applied })
  return { report: buildReport(facts), model }
}

/** Null: none in that time, which is the champion's. */
function modelUnderRollout(newest: StoredRollout | null, { fromMs }: ReportPeriod): string | null {
  if (newest === null) return null
  const { frozen, state } = newest
  return hasEnded(state) && state.endedMs !== null && state.endedMs <= fromMs ? null : frozen.modelVersion
}

async function measure({ slices }: GatherDeps, plan: RolloutPlan, period: ReportPeriod, keep: Keep | null): Promise<Measured> {
  const sums = createPeriodSums(plan, period)
  async function* rows(): AsyncGenerator<object> {
    for (let fromMs = firstSliceMs(plan, period); fromMs < period.toMs; fromMs += SLICES_AT_ONCE_MS) {
      const read = await slices.read(SEALED_STEP_S, fromMs, Math.min(period.toMs, fromMs + SLICES_AT_ONCE_MS))
      for (const { ts, counts } of sloSlicesOf(read)) addSlice(sums, sliceFacts(ts, counts))
      yield* read
    }
  }
  await take(keep, 'slices.ndjson', rows())
  return measuredOf(sums)
}

async function sumLabels(
  { labels }: GatherDeps,
  model: Model | null,
  period: ReportPeriod,
  keep: Keep | null,
): Promise<ReportFacts['labels']> {
  const sums = createLabelSums(model?.weights ?? { rsi: 0, macd: 0, trend: 0 })
  async function* rows(): AsyncGenerator<object> {
    let after: StoredLabel | null = null
    for (;;) {
      const page: StoredLabel[] = model === null ? [] : await labels.endedIn(model.version, period, after, LABELS_AT_ONCE)
      for (const one of page) {
        addLabel(sums, one.label)
        yield { model: one.model, ...one.stream, ...one.label }
      }
      after = page.at(-1) ?? null
      if (page.length < LABELS_AT_ONCE) return
    }
  }
  await take(keep, 'labels.ndjson', rows())
  return labelFigures(sums)
}

/** Reads all of it, kept or not. */
async function take(keep: Keep | null, name: string, lines: AsyncIterable<object>): Promise<void> {
  if (keep !== null) return keep.lines(name, lines)
  const rows = lines[Symbol.asyncIterator]()
  while ((await rows.next()).done !== true);
}

/** Open at any time of the period; what ended later was open at its end. */
function breachesIn(rollouts: readonly StoredRollout[], { fromMs, toMs }: ReportPeriod): ReportBreach[] {
  return breachesOf(rollouts, toMs)
    .filter(({ since, endedAt }) => since < toMs && (endedAt === null || endedAt > fromMs))
    .map(({ rollout, gate, since, endedAt, critical, fast, worst, threshold }) => ({
      rollout,
      gate,
      sinceMs: since,
      endMs: endedAt === null || endedAt >= toMs ? null : endedAt,
      critical,
      fast,
      worst,
      threshold,
    }))
}

interface Rest {
  newest: StoredRollout | null
  plan: RolloutPlan
  decisions: Decisions
  breaches: readonly ReportBreach[]
  model: Model | null
  facts: ReportFacts
  applied: readonly LiveSetting[]
}

async function keepRest(keep: Keep, { file }: Pick<Config, 'file'>, rest: Rest): Promise<void> {
  const { newest, plan, decisions, breaches, model, facts, applied } = rest
  await keep.file('decisions.json', decisions)
  await keep.file('breaches.json', breaches)
  const rollout =
    newest === null
      ? null
      : {
          id: newest.id,
          planDigest: newest.planDigest,
          ceiling: facts.rollout?.ceiling,
          startedMs: newest.startedAt,
          frozen: newest.frozen,
        }
  const { period, partBreaches, collecting, floor } = facts
  await keep.file('config.json', { period, plan, rollout, partBreaches, collecting, floor, applied, file })
  if (model !== null) await keep.file(`models/${model.version}.json`, model)
}
