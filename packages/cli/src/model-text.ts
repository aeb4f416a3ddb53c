import type { ModelComparison, ModelView } from '@spark/contract/models'
import { betweenText, percent } from './calibration-text.ts'
import { timeText } from './options.ts'
import { table } from './table.ts'

const number = (value: number): string => value.toFixed(3)
const timeOr = (ms: number | null, otherwise: string): string => (ms === null ? otherwise : timeText(ms).slice(0, 16))

/** What points at it and what it is doing; `-` for nothing. */
function standing({ aliases, underRollout }: ModelView): string {
  const said = [...aliases, ...(underRollout ? ['under rollout'] : [])]
  return said.length === 0 ? '-' : said.join(', ')
}

function weightsText({ weights }: Pick<ModelView, 'weights'>): string {
  return weights === null ? '-' : [weights.rsi, weights.macd, weights.trend].map(number).join(' ')
}

export function modelListText(items: readonly ModelView[]): string {
  const rows = items.map((model) => [
    model.version,
    standing(model),
    model.state,
    timeOr(model.trainedAt, 'not trained'),
    timeOr(model.expiresAt, 'never'),
    weightsText(model),
    `${model.verdict.replaceAll('_', ' ')}, ${model.labels} labels`,
  ])
  return table(['version', 'is', 'state', 'trained', 'expires', 'rsi macd trend', 'verdict'], rows)
}

export function modelText(model: ModelView): string {
  const { version, hash, state, parent, labelWindow, a, kappa, evidence } = model
  const lines = [
    `${version}: ${state}, ${standing(model)}`,
    `hash ${hash}`,
    `parent ${parent ?? 'none'}, trained ${timeOr(model.trainedAt, 'never')}, expires ${timeOr(model.expiresAt, 'never')}`,
    `weights (rsi macd trend) ${weightsText(model)}, a ${a === null ? '-' : number(a)}, kappa ${kappa === null ? '-' : number(kappa)}`,
    `verdict ${model.verdict.replaceAll('_', ' ')} on ${model.labels} labels that do not overlap`,
  ]
  if (labelWindow !== null) lines.push(`labels from ${timeText(labelWindow.fromTs)} to ${timeText(labelWindow.toTs)}`)
  return evidence === null ? lines.join('\n') : [...lines, ...evidenceLines(evidence)].join('\n')
}

function evidenceLines({
  labels,
  labelsInAll,
  undecided,
  prequential,
  coefficients,
  weightChange,
}: NonNullable<ModelView['evidence']>): string[] {
  const rows = Object.entries(coefficients).map(([name, { mean, deviation }]) => [
    name,
    number(mean),
    `${number(mean - 2 * deviation)} to ${number(mean + 2 * deviation)}`,
  ])
  return [
    `update: ${labels} labels (${labelsInAll} in all, ${undecided} undecided), weights moved by ${number(weightChange)}`,
    `before it, the parent said ${percent(prequential.confidMean)} and was right ${prequential.hits} times, log-loss ${number(prequential.logLoss)}`,
    table(['coefficient', 'mean', '95 %'], rows),
  ]
}

export function comparisonText({
  first,
  second,
  labels,
  rounds,
  difference,
  better,
  labelsToTell,
  full,
}: ModelComparison): string {
  if (difference === null)
    return `${first.model} and ${second.model}: no label that both have, so there is no figure. Champion, challenger, shadow and the model of a rollout are labelled.`
  const side = ({ model, netReturn, hitRate }: typeof first) => [
    model,
    netReturn === null ? '-' : betweenText(netReturn),
    hitRate === null ? '-' : percent(hitRate.mean),
    hitRate === null ? '-' : percent(hitRate.breakEven),
  ]
  const winner = better === null ? null : better === 'first' ? first.model : second.model
  const outcome =
    winner !== null
      ? `${winner} earns more, beyond chance.`
      : full
        ? 'It cannot be told which earns more, and no later label is looked at.'
        : labelsToTell === null
          ? 'It cannot be told which earns more, nor when: there is nothing to be seen yet.'
          : `It cannot be told which earns more before about ${labelsToTell} labels.`
  return [
    table(['model', 'net return (a stop is -1)', 'hit rate', 'earns nothing at'], [side(first), side(second)]),
    `On ${labels} labels that both have and that do not overlap, in ${rounds} rounds. First less second: ${betweenText(difference)}.`,
    outcome,
  ].join('\n')
}
