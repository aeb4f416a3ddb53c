import type { AnswerOf } from '@spark/contract/routes'
import { figures, HeadRow } from '../../components/head-row.tsx'
import { ScrollTable } from '../../components/scroll-table.tsx'
import { useLanguage } from '../../i18n/language.tsx'

type Proposal = NonNullable<AnswerOf<'optimization'>['proposal']>
type Figures = Proposal['outOfSample']
type Rule = NonNullable<Proposal['rule']>

/** What a search found: each test with the rule that training chose, and what it is worth. */
export function ProposalView({ proposal }: { proposal: Proposal }) {
  const { m, f } = useLanguage()
  const { optimization: t } = m
  const ruleText = useRuleText()
  const { rule, outOfSample, current, trials, deflatedSharpe, folds } = proposal
  return (
    <div className="mt-2 grid grid-cols-[minmax(0,1fr)] gap-2" data-proposal>
      <ScrollTable label={t.title}>
        <HeadRow columns={[t.period, t.rule, ...[t.trades, t.won, t.netBps, t.net, t.drawdown].map(figures)]} />
        <tbody>
          {folds.map(({ testFromTs, testToTs, rule: chosen, test }) => (
            <Row
              key={testFromTs}
              period={`${f.moment(testFromTs)} – ${f.moment(testToTs)}`}
              rule={chosen === null ? t.nothing : ruleText(chosen)}
              figures={test}
            />
          ))}
          <Row period={t.all} rule={t.chosen} figures={outOfSample} />
          <Row period={t.all} rule={t.inUse} figures={current} />
        </tbody>
      </ScrollTable>
      <p>
        {deflatedSharpe === null
          ? t.deflatedMissing(f.number(trials))
          : t.deflated(f.number(deflatedSharpe, 3), f.number(trials))}
      </p>
      <p>{rule === null ? t.noProposal : t.best(ruleText(rule))}</p>
      {rule !== null && outOfSample.netReturn <= 0 && <p className="text-amber">{t.noReason}</p>}
    </div>
  )
}

function useRuleText(): (rule: Rule) => string {
  const { m, f } = useLanguage()
  const { optimization: t } = m
  return ({ floor, profitAtrs, stopAtrs, expiryCandles, riskShare }) => {
    const size = riskShare === null ? t.wholeCapital : t.risk(f.percent(riskShare, 1))
    return t.ruleText(f.number(floor, 2), f.number(profitAtrs, 1), f.number(stopAtrs, 1), f.number(expiryCandles), size)
  }
}

function Row({
  period,
  rule,
  figures: { trades, hitRate, meanNetReturn, netReturn, maxDrawdown },
}: {
  period: string
  rule: string
  figures: Figures
}) {
  const { f } = useLanguage()
  return (
    <tr>
      <td className="whitespace-nowrap">{period}</td>
      <td>{rule}</td>
      <td className="number">{f.number(trades)}</td>
      <td className="number">{hitRate === null ? '–' : f.percent(hitRate, 1)}</td>
      <td className="number">{meanNetReturn === null ? '–' : f.number(10_000 * meanNetReturn, 1)}</td>
      <td className="number">{f.percent(netReturn, 1)}</td>
      <td className="number">{f.percent(maxDrawdown, 1)}</td>
    </tr>
  )
}
