import type { ReportLanguage } from '@spark/contract/report'
import { speechOf } from '@spark/contract/speech/speech'
import { toldWords } from '@spark/contract/speech/told-words'
import type { Report, ReportCriterion, ReportDecision } from '@spark/core/report/report'
import { dayText } from '@spark/contract/time'
import { minuteText } from '@spark/core/rollout/sentence'
import { wordsOf, type Words } from './words.ts'

/** Who signed; null: nobody yet. */
export interface Signed {
  reviewed: string | null
  approved: string | null
}

export interface ReportText {
  words: Words
  /** At most so many digits behind the point; `none` where there is no figure. */
  number: (value: number | null, digits?: number) => string
  percent: (value: number | null, digits?: number) => string
  /** `2026-01-31 14:00 UTC`. */
  time: (ms: number) => string
  day: string
  phase: string
  span: (ms: number) => string
  criterion: (one: ReportCriterion) => readonly [name: string, target: string, figure: string, met: string]
  taken: (one: ReportDecision) => string
  proposals: string[]
  next: string
  missing: string[]
}

export function reportText(report: Report, language: ReportLanguage): ReportText {
  const words = wordsOf(language)
  const speech = speechOf(language)
  const number = (value: number | null, digits = 0) =>
    value === null ? words.none : value.toLocaleString(words.locale, { maximumFractionDigits: digits })
  // As each language writes it: %10, 10%.
  const percent = (value: number | null, digits = 0) =>
    value === null ? words.none : (value / 100).toLocaleString(words.locale, { style: 'percent', maximumFractionDigits: digits })
  const share = (value: number | null) => percent(value === null ? 0 : 100 * value)
  const gateOf = (gate: keyof Words['gates'] | null) => (gate === null ? '' : words.gates[gate])
  const floorText = (floor: number | null) => (floor === null ? '' : number(floor, 3))
  const { rollout, period, coverage } = report
  const text = { words, number, percent, time: minuteText }
  return {
    ...text,
    day: dayOf(report),
    phase: rollout === null ? words.noPhase : rollout.phase === 'live' ? share(rollout.share) : words.phases[rollout.phase],
    span: (ms) => percent((100 * ms) / (period.toMs - period.fromMs), 1),
    criterion: (one) => criterionOf(text, one),
    taken: ({ ts, action, actor, reasons }) =>
      `${minuteText(ts)}: ${action} (${actor})${
        reasons.length === 0
          ? ''
          : `: ${reasons
              .map((reason) => toldWords(reason, speech))
              .join('; ')
              .replaceAll(/\s+/g, ' ')}`
      }`,
    proposals: report.actions.proposed.map(({ code, gate, floor }) => words.proposals[code](gateOf(gate), floorText(floor))),
    next: words.nexts[report.next.code](share(report.next.share)),
    missing: report.missing.map((code) => words.missings[code](number(coverage.slices), number(coverage.slicesDue))),
  }
}

function dayOf({ period }: Report): string {
  if (period.kind === 'day') return dayText(period.fromMs)
  return `${minuteText(period.fromMs)} – ${minuteText(period.toMs)}`
}

function criterionOf(
  { words, number, percent }: Pick<ReportText, 'words' | 'number' | 'percent'>,
  { name, value, met, unknownS }: ReportCriterion,
): readonly [string, string, string, string] {
  const figures: Record<ReportCriterion['name'], () => string> = {
    p95: () => `${number(value, 1)} ms`,
    staleness: () => `${number(value, 1)} s`,
    error_rate: () => percent(value, 3),
    score_rate: () => number(value, 2),
    confid_median: () => number(value, 3),
    breaches: () => number(value),
    dead_letters: () => number(value),
    balance: () => percent(value === null ? null : 100 * value, 1),
    collection: () => number(value),
  }
  const figure = value === null ? words.none : figures[name]()
  const known = unknownS === undefined ? '' : ` (${words.unknownFor(number(unknownS))})`
  return [words.criteria[name], words.targets[name], figure + known, met ? words.met : words.missed]
}
