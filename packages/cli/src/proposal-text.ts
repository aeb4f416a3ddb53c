import type { Proposal } from '@spark/contract/optimization'
import { dayText } from '@spark/contract/time'
import { beatsLuck } from '@spark/core/learning/search'
import { percent } from './calibration-text.ts'
import { table } from './table.ts'

type TradeRule = NonNullable<Proposal['rule']>
type TradeFigures = Proposal['outOfSample']

const shareText = (share: number | null): string => (share === null ? '-' : percent(share))

/** What a search found, as a table and sentences. */
export function proposalText({ rule, outOfSample, current, trials, deflatedSharpe, folds, said }: Proposal): string {
  const head = ['', 'rule', 'trades', 'won', 'net bp a trade', 'net return', 'drawdown', 'Sharpe a trade']
  return [
    table(head, [
      ...folds.map(({ testFromTs, testToTs, rule: chosen, test }) =>
        row(`${dayText(testFromTs)} to ${dayText(testToTs)}`, chosen === null ? 'none' : ruleText(chosen), test),
      ),
      row('all tests', 'as chosen in training', outOfSample),
      row('all tests', 'in use now', current),
    ]),
    '',
    `${said}.`,
    deflatedSharpe === null
      ? 'Too few trades for a deflated Sharpe ratio.'
      : `Deflated Sharpe ratio ${deflatedSharpe.toFixed(3)}: ${beatsLuck(deflatedSharpe) ? 'better than' : 'no better than'} the luck of ${trials} trials would have it.`,
    proposalSentence(rule, outOfSample),
  ].join('\n')
}

function proposalSentence(rule: TradeRule | null, { netReturn }: TradeFigures): string {
  if (rule === null) return 'No proposal.'
  const best = `On all candles the best rule is ${ruleText(rule)}`
  if (netReturn > 0) return `${best}. This is a proposal; nothing was changed.`
  return `${best}; but out of sample what was chosen so earned nothing, so there is no reason to change to it.`
}

function ruleText({ floor, profitAtrs, stopAtrs, expiryCandles, riskShare }: TradeRule): string {
  const size = riskShare === null ? 'whole capital' : `risk ${shareText(riskShare)}`
  return `floor ${floor}, profit ${profitAtrs} ATR, stop ${stopAtrs} ATR, ${expiryCandles} candles, ${size}`
}

function row(
  period: string,
  rule: string,
  { trades, hitRate, meanNetReturn, netReturn, maxDrawdown, sharpe }: TradeFigures,
): string[] {
  return [
    period,
    rule,
    String(trades),
    shareText(hitRate),
    meanNetReturn === null ? '-' : (10_000 * meanNetReturn).toFixed(1),
    shareText(netReturn),
    shareText(maxDrawdown),
    sharpe === null ? '-' : sharpe.toFixed(3),
  ]
}
