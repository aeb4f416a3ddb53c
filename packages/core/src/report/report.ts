import type { SignalParts } from '../signal/fuse.ts'
import type { GateName } from '../rollout/plan.ts'
import type { Phase } from '../rollout/state.ts'
import type { Balance, BucketCount, Criterion } from '../rollout/success.ts'

export type PeriodKind = 'day' | 'last' | 'rollout'

/** What a report tells of; times in ms, `fromMs` included, `toMs` not. */
export interface ReportPeriod {
  kind: PeriodKind
  fromMs: number
  toMs: number
}

/** Something that was done to the rollout or its settings, from the audit. */
export interface ReportDecision {
  /** Of its row in the audit. */
  id: string
  ts: number
  action: string
  actor: string
  rollout: string | null
  decision: string | null
  reasons: string[]
  /** The share that acts on ML from then on; null: it says nothing of that. */
  share: number | null
}

/** An episode from its first critical slice to its clearing. */
export interface ReportBreach {
  rollout: string
  gate: GateName
  sinceMs: number
  /** Null: it was open at the end of the period. */
  endMs: number | null
  critical: boolean
  fast: boolean
  worst: number | null
  /** Beyond this it is critical. */
  threshold: number
}

/** How long the figures of a gate were where, ms; what was not measured is `noDataMs`. */
export interface ReportBand {
  gate: GateName
  good: number
  critical: number
  goodMs: number
  warningMs: number
  criticalMs: number
  noDataMs: number
}

/** What was measured in a stretch that begins at `fromMs`; null where there was nothing. */
export interface ReportPoint {
  fromMs: number
  p95Ms: number | null
  stalenessMaxS: number | null
  errorRatePercent: number | null
  scoresPerMinute: number | null
  confidMedian: number | null
  deadLettersMax: number | null
}

export interface ReportHour {
  fromMs: number
  scores: number
}

/** What became of the labels of one bucket that ended in the period. */
export interface ReportBucket {
  bucket: number
  labels: number
  hits: number
  hitRate: number
  /** Wilson, 95 %: for reading. */
  low: number
  high: number
}

export type PartsBalance = 'balanced' | 'dominant' | 'overruling'

export interface ReportParts {
  labels: number
  /** Of |weight · part|; null without labels. */
  shares: SignalParts | null
  /** Correlation with the move of the price until the label ended. */
  withOutcome: Record<keyof SignalParts, number | null>
  balance: PartsBalance | null
}

export type ReportCriterion = Criterion | (Omit<Criterion, 'name'> & { name: 'collection' })

/** What is not there, by a code that the words of the report explain. */
export type MissingCode = 'no_slices' | 'part_measured' | 'part_breaches' | 'no_labels' | 'no_rollout' | 'collection_off'

export type ProposalCode = 'roll_back' | 'preview_only' | 'raise_floor' | 'no_op' | 'watch'

export interface ReportProposal {
  code: ProposalCode
  gate: GateName | null
  /** The confidence floor that is proposed; null: another proposal. */
  floor: number | null
}

export type NextCode = 'start' | 'advance' | 'raise_ceiling' | 'return' | 'new_rollout' | 'calibrate'

export interface ReportNext {
  code: NextCode
  /** The share that would come next; null: none. */
  share: number | null
}

export interface ReportRollout {
  id: string
  phase: Phase
  step: string
  share: number
  ceiling: number
  startedMs: number
}

/** Every figure that the playbook's template asks for; null: nothing was measured. No figure is rounded. */
export interface Report {
  version: 1
  id: string
  period: ReportPeriod & { hours: number }
  prepared: { ms: number; by: string }
  build: { version: string; sha: string }
  featureVersion: string
  model: { version: string; hash: string }
  /** As it stood at the end of the period; null: there was none. */
  rollout: ReportRollout | null
  coverage: { slices: number; slicesDue: number }
  summary: {
    p95Ms: number | null
    stalenessMaxS: number | null
    errorRatePercent: number | null
    /** Scores answered ok ÷ polls due. */
    hitRatePercent: number | null
    confidMedian: number | null
    deadLettersMax: number | null
    /** Breaches for 24 hours; null: some may be missing. */
    criticalPerDay: number | null
    minorPerDay: number | null
  }
  bands: ReportBand[]
  scores: {
    due: number
    ok: number
    failed: number
    perMinute: number
    peakHour: ReportHour | null
    hours: ReportHour[]
  }
  series: { stepMs: number; points: ReportPoint[] }
  calibration: { labels: number; hits: number; buckets: ReportBucket[] }
  /** Of the confidences of all scores. */
  balance: { buckets: BucketCount[]; verdict: Balance | null }
  parts: ReportParts
  breaches: {
    /** At least so many when `part_breaches` is missing. */
    critical: number
    minor: number
    /** The controller or a risk limit stepped in by itself. */
    autoPause: boolean
    autoPausedStrategies: number
    top: (ReportBreach & { durationS: number })[]
  }
  actions: {
    /** Oldest first, and of many the newest. */
    taken: ReportDecision[]
    /** So many older ones were taken too; not there: none. */
    more?: number
    proposed: ReportProposal[]
  }
  next: ReportNext
  success: ReportCriterion[]
  missing: MissingCode[]
}
