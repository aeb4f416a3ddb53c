import type { ReportLanguage } from '@spark/contract/report'
import type { MissingCode, NextCode, PartsBalance, ProposalCode, ReportCriterion, PeriodKind } from '@spark/core/report/report'
import type { GateName } from '@spark/core/rollout/plan'
import type { Phase } from '@spark/core/rollout/state'
import type { Balance } from '@spark/core/rollout/success'
import { en } from './words-en.ts'
import { tr } from './words-tr.ts'

/** Everything that a report says, in one language. */
export interface Words {
  locale: string
  title: string
  date: string
  phase: string
  duration: string
  hours: string
  kinds: Record<PeriodKind, string>
  phases: Record<Exclude<Phase, 'live'>, string>
  noPhase: string
  /** Behind figures: what they should be. */
  target: string
  none: string
  summary: string
  p95: string
  staleness: string
  errorRate: string
  hitRate: string
  hitRateWhat: string
  incidentRate: string
  incidentWhat: string
  median: string
  bands: string
  bandHead: readonly [figure: string, good: string, warning: string, critical: string, noData: string]
  gates: Record<GateName, string>
  cardinality: string
  total: string
  entries: string
  average: string
  perMinute: string
  peak: string
  hour: string
  calibration: string
  bucketHits: string
  ofLabels: (hits: string, labels: string) => string
  balance: string
  balances: Record<Balance, string>
  parts: string
  expected: string
  withOutcome: string
  result: string
  partBalances: Record<PartsBalance, string>
  breaches: string
  critical: string
  minor: string
  autoPause: string
  yes: string
  no: string
  warningOnly: string
  top: string
  metric: string
  threshold: string
  lasted: string
  stillOpen: string
  noBreach: string
  action: string
  raiseFloor: (floor: string, gate: string) => string
  previewOnly: string
  rollBack: (why: string) => string
  noOp: string
  taken: string
  nothingTaken: string
  moreTaken: (count: string) => string
  proposed: string
  proposals: Record<ProposalCode, (gate: string, floor: string) => string>
  next: string
  nexts: Record<NextCode, (share: string) => string>
  success: string
  criterionHead: readonly [criterion: string, target: string, figure: string, met: string]
  criteria: Record<ReportCriterion['name'], string>
  targets: Record<ReportCriterion['name'], string>
  /** Of a criterion that must hold throughout, in seconds. */
  unknownFor: (seconds: string) => string
  met: string
  missed: string
  missing: string
  missings: Record<MissingCode, (slices: string, due: string) => string>
  course: string
  highest: string
  lowest: string
  scoresAnHour: string
  preparedBy: string
  reviewedBy: string
  approvedBy: string
  unsigned: string
  madeOf: (model: string, feature: string, build: string) => string
}

const WORDS: Record<ReportLanguage, Words> = { tr, en }

export function wordsOf(language: ReportLanguage): Words {
  return WORDS[language]
}
