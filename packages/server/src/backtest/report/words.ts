import { dayText } from '@spark/contract/time'
import type { JudgedModel, LabelComparison } from '@spark/core/learning/compare-labels'
import type { ArmPeriod, ArmResult, BacktestResult } from '../run-backtest.ts'

export const percent = (share: number, digits = 1): string => `${(100 * share).toFixed(digits)} %`
const basisPoints = (share: number): string => (10_000 * share).toFixed(1)

export const ARM_HEAD = [
  'arm',
  'period',
  'trades',
  'won',
  'gross bp a trade',
  'net bp a trade',
  'in the market',
  'net return',
  'drawdown',
  'Sharpe',
] as const

export function armRow(arm: string, period: ArmPeriod, name: string): string[] {
  const { trades, wins, grossReturn, netReturn, candles, candlesHeld } = period.totals
  const aTrade = (sum: number) => (trades === 0 ? '-' : basisPoints(sum / trades))
  return [
    arm,
    name,
    String(trades),
    trades === 0 ? '-' : percent(wins / trades),
    aTrade(grossReturn),
    aTrade(netReturn),
    candles === 0 ? '-' : percent(candlesHeld / candles),
    percent(period.netReturn),
    percent(period.maxDrawdown),
    period.sharpe === null ? '-' : period.sharpe.toFixed(2),
  ]
}

/** The whole period of each arm, then its years. */
export function armRows({ arms }: BacktestResult): string[][] {
  return arms.flatMap(({ arm, whole, years }) => [
    armRow(arm, whole, 'all'),
    ...years.map((period) => armRow(arm, period, dayText(period.fromTs).slice(0, 4))),
  ])
}

export const LABEL_HEAD = [
  'model',
  'labels',
  'right',
  'said',
  'log-loss',
  'calibration error',
  'of a calibrated one',
  'net bp a label',
  '95 %',
] as const

/** Of ml and learned on the same candles; none without a comparison. */
export function labelRows({ comparison }: BacktestResult): string[][] {
  if (comparison === null) return []
  return [labelRow('ml', comparison.first), labelRow('learned', comparison.second)]
}

function labelRow(name: string, { reliability, calibrationNull, netReturn }: JudgedModel): string[] {
  const { labels, hitRate, confid, logLoss } = { labels: reliability.counter.labels, ...reliability.means }
  return [
    name,
    String(labels),
    percent(hitRate, 2),
    percent(confid, 2),
    logLoss.toFixed(5),
    percent(reliability.calibrationError, 2),
    `up to ${percent(calibrationNull.percentile95, 2)}`,
    basisPoints(netReturn.mean),
    `${basisPoints(netReturn.low)} to ${basisPoints(netReturn.high)}`,
  ]
}

export function headline({ streams, model, floor, costs, arms }: BacktestResult): string {
  const candles = streams.reduce((sum, stream) => sum + stream.candles, 0)
  const period = arms[0]?.whole
  const from = period === undefined ? '' : `, ${dayText(period.fromTs)} to ${dayText(period.toTs - 1)}`
  const side = costs.feeRate + costs.halfSpreadRate + costs.slippageRate
  return `${candles} candles of ${streams.length === 1 ? streams[0]?.name : `${streams.length} streams`}${from}; ml is ${model}, floor ${floor}; ${basisPoints(side)} bp of costs on each side`
}

export const HOW =
  'Each arm holds nothing or its whole capital, a stream each; orders fill at the open of the next candle; nothing is reinvested, so that a loss can pass 100 %. Returns are of the capital of all streams. Without an opinion an arm keeps what it holds.'
export const HOW_LEARNED =
  'learned is ml with weights and confidence fitted anew each Monday on what was known by then; it takes over at once, where in production a rollout stands between. Labels: first of two barriers at 1 ATR, at most 12 candles, one at a time for each symbol.'

/** What came of it in plain words, also when that is nothing. */
export function sentences(result: BacktestResult): string[] {
  return [
    ...result.arms.map(armSentence),
    ...(result.comparison === null ? [] : comparisonSentences(result.comparison)),
    ...result.streams
      .filter(({ refusedLines }) => refusedLines > 0)
      .map(({ name, refusedLines }) => `${name}: ${refusedLines} lines were refused and left out.`),
  ]
}

function armSentence({ arm, whole, open }: ArmResult): string {
  const { trades, netReturn, grossReturn } = whole.totals
  const { opinions, candles } = whole.totals
  const said = `${arm} had an opinion at ${candles === 0 ? '0 %' : percent(opinions / candles)} of the candles and closed`
  const still = open.positions === 0 ? '' : ` ${openWords(open)}`
  if (trades === 0) return `${said} no position.${still}`
  const before = `${grossReturn > 0 ? 'earned' : 'lost'} ${basisPoints(Math.abs(grossReturn / trades))} bp a trade before costs`
  const after =
    netReturn > 0
      ? `earned ${basisPoints(netReturn / trades)} bp after them`
      : `lost ${basisPoints(-netReturn / trades)} bp after them`
  return `${said} ${trades} positions; it ${before} and ${after}.${still}`
}

function openWords({ positions, return: earned }: ArmResult['open']): string {
  const count = positions === 1 ? '1 position is' : `${positions} positions are`
  return `${count} still open, worth ${percent(earned)} of the capital of a stream: that is what the market did, not what was decided.`
}

function comparisonSentences({ labels, fromTs, toTs, first, second, gain }: LabelComparison): string[] {
  const better =
    gain.low > 0
      ? 'learned says better than ml what will come'
      : gain.high < 0
        ? 'learned says worse than ml what will come'
        : 'which of ml and learned says better what will come cannot be told'
  const figure = (value: number) => value.toFixed(5)
  return [
    `On ${labels} labels from ${dayText(fromTs)} to ${dayText(toTs)}, ${better}: its log-loss is lower by ${figure(gain.mean)} (95 %: ${figure(gain.low)} to ${figure(gain.high)}).`,
    ...[
      { name: 'ml', model: first },
      { name: 'learned', model: second },
    ].flatMap(({ name, model }) => [calibrationSentence(name, model), earningSentence(name, model)]),
  ]
}

function calibrationSentence(name: string, { reliability, calibrationNull }: JudgedModel): string {
  const { calibrationError, means } = reliability
  const within =
    calibrationError <= calibrationNull.percentile95 ? 'a calibrated model shows as much' : 'a calibrated model shows less'
  return `${name} was right in ${percent(means.hitRate)} of them and said ${percent(means.confid)}: ${within}.`
}

function earningSentence(name: string, { netReturn: { mean, low, high }, reliability }: JudgedModel): string {
  const { breakEven, hitRate } = reliability.means
  const needs = `at these costs ${percent(breakEven)} would have to be right`
  if (high < 0)
    return `Whoever acts on every score of ${name} loses ${basisPoints(-mean)} bp a label after costs: ${percent(hitRate)} are right, ${needs}.`
  if (low > 0) return `Whoever acts on every score of ${name} earns ${basisPoints(mean)} bp a label after costs.`
  return `That acting on every score of ${name} earns anything after costs cannot be told: ${basisPoints(mean)} bp a label, 95 % from ${basisPoints(low)} to ${basisPoints(high)}; ${needs}.`
}
