import type { AnswerOf } from '@spark/contract/routes'
import { timeText } from './options.ts'
import { table } from './table.ts'

const NO_LABELS = 'No labels yet: there is no figure. A decision gets its label when a barrier is touched, or after 12 candles.'

export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
const figure = (value: number | null): string => (value === null ? '-' : value.toFixed(3))

/** A mean with the ends of its interval. */
export function betweenText({ mean, low, high }: { mean: number; low: number; high: number }): string {
  return `${mean.toFixed(3)}, from ${low.toFixed(3)} to ${high.toFixed(3)}`
}

/** The verdict with its figures, and when there may be another one. */
export function verdictText(answer: AnswerOf<'calibrationVerdict'>): string {
  const { model, verdict, labels, rounds, leftOut, netReturn, difference, hitRate, labelsToConclude, concludesAt } = answer
  const head = `${model}: ${verdict.replaceAll('_', ' ')}, ${labels} labels that do not overlap, in ${rounds} rounds.`
  const lines = [head]
  if (netReturn !== null) lines.push(`Net return (a stop is -1): ${betweenText(netReturn)}.`)
  if (difference !== null) lines.push(`More than the baseline: ${betweenText(difference)}.`)
  if (hitRate !== null)
    lines.push(
      `Hit rate: ${percent(hitRate.mean)}, from ${percent(hitRate.low)} to ${percent(hitRate.high)}; nothing is earned at ${percent(hitRate.breakEven)}.`,
    )
  if (leftOut > 0) lines.push(`${leftOut} labels do not count: their time is marked (spark calibration markers).`)
  if (labels === 0) lines.push(NO_LABELS)
  if (verdict !== 'unproven') return lines.join('\n')
  if (labelsToConclude === null) lines.push('There is nothing to be seen yet: it cannot be said when it concludes.')
  else {
    const when = concludesAt === null ? '' : `, ${timeText(concludesAt)}`
    lines.push(`Cannot conclude before about ${labelsToConclude} labels${when}.`)
  }
  return lines.join('\n')
}

/** The reliability table, and how far from calibrated. */
export function bucketsText(answer: AnswerOf<'calibrationReliability'>): string {
  const { model, labels, means, points, calibrationError, calibrated } = answer
  if (means === null || calibrationError === null || calibrated === null) return `${model}: ${NO_LABELS}`
  const rows = points.map((point) => [
    point.bucket.toFixed(1),
    String(point.labels),
    percent(point.meanConfid),
    percent(point.hitRate),
    `${percent(point.low)} to ${percent(point.high)}`,
    percent(point.fitted),
  ])
  return [
    table(['bucket', 'labels', 'confidence', 'hit rate', '95 % (one look)', 'fitted'], rows),
    `${model}: ${labels} labels, hit rate ${percent(means.hitRate)}, nothing is earned at ${percent(means.breakEven)}; net return ${(1e4 * means.netReturn).toFixed(1)} basis points a label.`,
    `Calibration error ${percent(calibrationError)}; 95 of 100 calibrated models of this size show at most ${percent(calibrated.percentile95)}.`,
  ].join('\n')
}

/** Shares and correlations of the signal parts. */
export function partsText(answer: AnswerOf<'calibrationParts'>): string {
  const { model, labels, shares, dominant, correlations, withOutcome } = answer
  if (shares === null) return `${model}: ${NO_LABELS}`
  const names = ['rsi', 'macd', 'trend'] as const
  const rows = names.map((name) => [
    name,
    percent(shares[name]),
    ...names.map((other) => figure(correlations[name][other])),
    figure(withOutcome[name]),
  ])
  const what = dominant === null ? 'No part is dominant (over 60 %).' : `${dominant} is dominant (over 60 %).`
  return `${table(['part', 'share', ...names, 'price move'], rows)}\n${model}, newest ${labels} labels. ${what}`
}

/** Marked times, newest first, and lines of the file that are none. */
export function markersText({ markers, problems }: AnswerOf<'calibrationMarkers'>): string {
  const rows = markers.map(({ from, to, kind, fact, leaveOut, line }) => [
    timeText(from),
    to === null ? '-' : timeText(to),
    kind,
    fact,
    leaveOut ? 'labels do not count' : 'to look at',
    String(line),
  ])
  const lines = markers.length === 0 ? ['No time is marked.'] : [table(['from', 'to', 'kind', 'fact', 'means', 'line'], rows)]
  return [...lines, ...problems.map((problem) => `calibration_markers.csv, ${problem}`)].join('\n')
}

/** How far each feature has moved, and from what. */
export function driftText({ model, reference, from, to, features }: AnswerOf<'calibrationDrift'>): string {
  if (reference === null)
    return `${model}: nothing to compare with yet. A model that was not trained is compared with its first eight weeks of labels, or more with candles of 4h.`
  const what = reference.origin === 'training' ? 'its training window' : 'its first weeks, since it was not trained'
  const compared = `Compared with ${what}: ${timeText(reference.from)} to ${timeText(reference.to)}, ${reference.values} labels.`
  if (from === null || to === null) return `${model}: not enough labels in seven days yet. ${compared}`
  const rows = features.map(({ feature, values, index, threshold, drifted }) => [
    feature,
    String(values),
    index.toFixed(3),
    threshold.toFixed(3),
    drifted ? 'drifted' : 'no drift',
  ])
  return [
    table(['feature', 'labels', 'index', 'threshold', 'says'], rows),
    `${model}, ${timeText(from)} to ${timeText(to)}. ${compared}`,
    'Drift warns; nothing is decided by it.',
  ].join('\n')
}
