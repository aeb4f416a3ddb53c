import { bucketCounts, balanceOf, collectionCriterion, successCriteria } from '../rollout/success.ts'
import type { Measured } from './measure-period.ts'
import { figuresOf } from './measure-period.ts'
import { nextStep, proposalsOf } from './proposals.ts'
import type { Report, ReportBreach, ReportCriterion, ReportDecision, ReportPeriod, MissingCode } from './report.ts'
import { rolloutAfter, type RolloutFacts } from './rollout-at.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const TOP = 3
/** More than people read; the evidence has all. */
const TAKEN_MAX = 200

/** All that a report is made of. */
export interface ReportFacts {
  id: string
  period: ReportPeriod
  prepared: Report['prepared']
  build: Report['build']
  featureVersion: string
  model: Report['model']
  /** The newest rollout that began before the end of the period; null: none did. */
  rollout: RolloutFacts | null
  measured: Measured
  labels: Pick<Report, 'calibration' | 'parts'>
  /** Those that were open at any time of the period. */
  breaches: readonly ReportBreach[]
  /** There may have been more: they are not kept. */
  partBreaches: boolean
  /** In the period, oldest first. */
  taken: ReportDecision[]
  /** Those that say where the rollout stood at the end of the period, also older ones; oldest first. */
  phases: readonly ReportDecision[]
  /** Strategies that a risk limit paused in the period. */
  autoPausedStrategies: number
  /** The audit keeps bucket and parts of each score. */
  collecting: boolean
  /** The floor of the settings, and the plan's step and highest. */
  floor: { base: number; step: number; max: number }
}

/** The controller stepped in by itself. */
const STEPPED_IN: ReadonlySet<string> = new Set(['rollback', 'preview_only', 'counter_move'])

export function buildReport(facts: ReportFacts): Report {
  const { id, prepared, build, featureVersion, model, measured, labels, breaches, partBreaches, taken } = facts
  const lengthMs = facts.period.toMs - facts.period.fromMs
  const { tally, due } = measured
  const { ok, error, timeout } = tally.polls
  const rollout = facts.rollout === null ? null : rolloutAfter(facts.rollout, facts.phases)
  const critical = breaches.filter((one) => one.critical).length
  const perDay = (count: number) => (partBreaches ? null : (count * DAY_MS) / lengthMs)
  const buckets = bucketCounts(tally)
  const success = criteriaOf(facts)
  const { scoresPerMinute, ...figures } = figuresOf(tally, lengthMs)
  return {
    version: 1,
    id,
    period: { ...facts.period, hours: lengthMs / HOUR_MS },
    prepared,
    build,
    featureVersion,
    model,
    rollout,
    coverage: { slices: measured.slices, slicesDue: measured.slicesDue },
    summary: {
      ...figures,
      hitRatePercent: due === 0 ? null : (100 * ok) / due,
      criticalPerDay: perDay(critical),
      minorPerDay: perDay(breaches.length - critical),
    },
    bands: measured.bands,
    scores: {
      due,
      ok,
      failed: error + timeout,
      perMinute: scoresPerMinute ?? 0,
      peakHour: peakOf(measured.hours),
      hours: measured.hours,
    },
    series: measured.series,
    ...labels,
    balance: { buckets, verdict: balanceOf(buckets) },
    breaches: {
      critical,
      minor: breaches.length - critical,
      autoPause: facts.autoPausedStrategies > 0 || taken.some(isOfTheController),
      autoPausedStrategies: facts.autoPausedStrategies,
      top: topBreaches(breaches, facts.period.toMs),
    },
    actions: {
      taken: taken.slice(-TAKEN_MAX),
      ...(taken.length > TAKEN_MAX && { more: taken.length - TAKEN_MAX }),
      proposed: proposalsOf({ ...facts, rollout, success }),
    },
    next: nextStep(rollout, facts.rollout?.plan ?? null),
    success,
    missing: missingOf(facts),
  }
}

function isOfTheController({ actor, decision }: ReportDecision): boolean {
  return actor === 'controller' && decision !== null && STEPPED_IN.has(decision)
}

/** The criteria of the playbook on the whole period, and whether v2.1 collects. What was not counted whole is not met. */
function criteriaOf({ measured, breaches, partBreaches, labels, collecting }: ReportFacts): ReportCriterion[] {
  return [
    ...successCriteria({ tally: measured.tally, stepBreaches: breaches.length }).map((one) =>
      one.name === 'breaches' && partBreaches ? { ...one, value: null, met: false } : one,
    ),
    collectionCriterion(collecting, labels.calibration.labels),
  ]
}

/** The first of those with the most scores. */
function peakOf(hours: Measured['hours']): Report['scores']['peakHour'] {
  const best = Math.max(0, ...hours.map(({ scores }) => scores))
  return best === 0 ? null : (hours.find(({ scores }) => scores === best) ?? null)
}

/** Critical before minor, then the longest. */
function topBreaches(breaches: readonly ReportBreach[], toMs: number): Report['breaches']['top'] {
  return breaches
    .map((one) => ({ ...one, durationS: ((one.endMs ?? toMs) - one.sinceMs) / 1000 }))
    .toSorted((a, b) => Number(b.critical) - Number(a.critical) || b.durationS - a.durationS || a.sinceMs - b.sinceMs)
    .slice(0, TOP)
}

function missingOf({ measured, partBreaches, labels, rollout, collecting }: ReportFacts): MissingCode[] {
  const { slices, slicesDue } = measured
  return [
    ...(slices === 0 ? (['no_slices'] as const) : slices < slicesDue ? (['part_measured'] as const) : []),
    ...(partBreaches ? (['part_breaches'] as const) : []),
    ...(labels.calibration.labels === 0 ? (['no_labels'] as const) : []),
    ...(rollout === null ? (['no_rollout'] as const) : []),
    ...(collecting ? [] : (['collection_off'] as const)),
  ]
}
