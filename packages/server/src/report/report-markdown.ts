import type { ReportLanguage } from '@spark/contract/report'
import type { Report } from '@spark/core/report/report'
import { reportText, type ReportText, type Signed } from './report-text.ts'

/** Buckets of the template: those that the floor lets through, and each other one that has labels. */
const BUCKETS = [0.5, 0.6, 0.7, 0.8] as const
const PARTS = [
  ['RSI', 'rsi'],
  ['MACD', 'macd'],
  ['Trend', 'trend'],
] as const

/** The playbook's template line by line, each blank filled. */
export function reportMarkdown(report: Report, signed: Signed, language: ReportLanguage): string {
  const text = reportText(report, language)
  return [
    ...head(report, text),
    ...summary(report, text),
    ...bands(report, text),
    ...cardinality(report, text),
    ...calibration(report, text),
    ...parts(report, text),
    ...breaches(report, text),
    ...actions(report, text),
    ...success(report, text),
    '---',
    '',
    `**${text.words.preparedBy}:** ${report.prepared.by} (${text.time(report.prepared.ms)})  `,
    `**${text.words.reviewedBy}:** ${signed.reviewed ?? text.words.unsigned}  `,
    `**${text.words.approvedBy}:** ${signed.approved ?? text.words.unsigned}`,
    '',
    `_${text.words.madeOf(report.model.version, report.featureVersion, report.build.sha)}_`,
    '',
  ].join('\n')
}

function head(report: Report, { words: w, number, day, phase, missing }: ReportText): string[] {
  return [
    `# 📊 ${w.title}`,
    '',
    `**${w.date}:** ${day}  `,
    `**${w.phase}:** ${phase}${report.rollout === null ? '' : ` (${report.rollout.id})`}  `,
    `**${w.duration}:** ${number(report.period.hours, 1)} ${w.hours}`,
    '',
    ...(missing.length === 0 ? [] : [`**${w.missing}:**`, ...missing.map((one) => `- ${one}`), '']),
  ]
}

function summary({ summary: s }: Report, { words: w, number, percent }: ReportText): string[] {
  const unit = (value: number | null, digits: number, name: string) =>
    value === null ? w.none : `${number(value, digits)}${name}`
  return [
    `## ${w.summary}`,
    `- **${w.p95}:** ${unit(s.p95Ms, 1, 'ms')} (${w.target}: ≤1000ms)`,
    `- **${w.staleness}:** ${unit(s.stalenessMaxS, 1, 's')} (${w.target}: ≤30s)`,
    `- **${w.errorRate}:** ${percent(s.errorRatePercent, 3)} (${w.target}: ≤${percent(1)})`,
    `- **${w.hitRate}:** ${percent(s.hitRatePercent, 3)} (${w.hitRateWhat})`,
    `- **${w.incidentRate}:** ${number(s.criticalPerDay, 2)}/${number(s.minorPerDay, 2)} (${w.incidentWhat})`,
    `- **${w.median}:** ${number(s.confidMedian, 3)} (${w.target}: ≥${number(0.55, 2)})`,
    '',
  ]
}

function bands({ bands: all }: Report, { words: w, span }: ReportText): string[] {
  return [
    `**${w.bands}:**`,
    '',
    row(w.bandHead),
    row(w.bandHead.map(() => '---')),
    ...all.map(({ gate, goodMs, warningMs, criticalMs, noDataMs }) =>
      row([w.gates[gate], ...[goodMs, warningMs, criticalMs, noDataMs].map(span)]),
    ),
    '',
  ]
}

function cardinality({ scores }: Report, { words: w, number, time }: ReportText): string[] {
  const { peakHour } = scores
  const peak = peakHour === null ? w.none : `${number(peakHour.scores)} ${w.entries} (${w.hour}: ${time(peakHour.fromMs)})`
  return [
    `## ${w.cardinality}`,
    `- **${w.total}:** ${number(scores.ok)} ${w.entries}`,
    `- **${w.average}:** ${number(scores.perMinute, 2)} ${w.perMinute} (${w.target}: ≥10)`,
    `- **${w.peak}:** ${peak}`,
    '',
  ]
}

function calibration({ calibration: { buckets }, balance }: Report, { words: w, number, percent }: ReportText): string[] {
  const all = [...new Set([...BUCKETS, ...buckets.map(({ bucket }) => bucket)])].toSorted((a, b) => a - b)
  const lines = all.map((bucket) => {
    const found = buckets.find((one) => one.bucket === bucket)
    const figure =
      found === undefined
        ? w.none
        : `${percent(100 * found.hitRate, 1)} (${w.ofLabels(number(found.hits), number(found.labels))}; 95 %: ${percent(100 * found.low)} – ${percent(100 * found.high)})`
    return `- ${bucket.toFixed(1)}-${(bucket + 0.1).toFixed(1)}: ${figure}`
  })
  return [
    `## ${w.calibration}`,
    `**${w.bucketHits}:**`,
    ...lines,
    '',
    `**${w.balance}:** ${balance.verdict === null ? w.none : w.balances[balance.verdict]}`,
    '',
  ]
}

function parts({ parts: of }: Report, { words: w, number }: ReportText): string[] {
  return [
    `## ${w.parts}`,
    ...PARTS.map(
      ([name, part]) =>
        `- **${name}:** ${number(of.shares === null ? null : of.shares[part], 3)} (${w.expected}: ~${number(0.33, 2)}; ${w.withOutcome}: ${number(of.withOutcome[part], 3)})`,
    ),
    '',
    `**${w.result}:** ${of.balance === null ? w.none : w.partBalances[of.balance]}`,
    '',
  ]
}

function breaches({ breaches: b, missing }: Report, { words: w, number, time }: ReportText): string[] {
  const isPart = missing.includes('part_breaches')
  const count = (value: number) => `${isPart ? '≥ ' : ''}${number(value)}`
  const top = b.top.map(({ gate, threshold, durationS, sinceMs, endMs, worst }, at) => {
    const open = endMs === null ? `, ${w.stillOpen}` : ''
    return `${at + 1}. ${time(sinceMs)} (${w.metric}: ${w.gates[gate]} ${number(worst, 3)}, ${w.threshold}: ${number(threshold, 3)}, ${w.lasted}: ${number(durationS)}s${open})`
  })
  return [
    `## ${w.breaches}`,
    `- **${w.critical}:** ${count(b.critical)} (${w.autoPause}: ${b.autoPause ? w.yes : w.no})`,
    `- **${w.minor}:** ${count(b.minor)} (${w.warningOnly})`,
    '',
    `**${w.top}:**`,
    ...(top.length === 0 ? [`- ${isPart ? w.none : w.noBreach}`] : top),
    '',
  ]
}

/** What is proposed is ticked. */
function actions({ actions: { taken, more = 0, proposed } }: Report, text: ReportText): string[] {
  const { words: w, number } = text
  const of = (code: (typeof proposed)[number]['code']) => proposed.find((one) => one.code === code)
  const box = (on: boolean, what: string) => `- [${on ? 'x' : ' '}] ${what}`
  const gate = (one: ReturnType<typeof of>) => {
    const name = one?.gate ?? null
    return name === null ? w.unsigned : w.gates[name]
  }
  const floor = of('raise_floor')
  return [
    `## ${w.action}`,
    box(floor !== undefined, w.raiseFloor(floor === undefined ? w.unsigned : number(floor.floor, 3), gate(floor))),
    box(of('preview_only') !== undefined, w.previewOnly),
    box(of('roll_back') !== undefined, w.rollBack(gate(of('roll_back')))),
    box(of('no_op') !== undefined, w.noOp),
    '',
    `**${w.proposed}:** ${text.proposals.join('; ')}`,
    '',
    `**${w.taken}:**`,
    ...(taken.length === 0 ? [`- ${w.nothingTaken}`] : taken.map((one) => `- ${text.taken(one)}`)),
    ...(more === 0 ? [] : [`- ${w.moreTaken(number(more))}`]),
    '',
    `## ${w.next}`,
    text.next,
    '',
  ]
}

function success({ success: all }: Report, { words: w, criterion }: ReportText): string[] {
  return [
    `## ${w.success}`,
    '',
    row(w.criterionHead),
    row(w.criterionHead.map(() => '---')),
    ...all.map((one) => row(criterion(one))),
    '',
  ]
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}
