import { useQuery } from '@tanstack/react-query'
import type { AnswerOf } from '@spark/contract/routes'
import { figures, HeadRow } from '../../components/head-row.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { ScrollTable } from '../../components/scroll-table.tsx'
import { StateMark, type State } from '../../components/state-mark.tsx'
import { useLanguage } from '../../i18n/language.tsx'
import { queries } from '../../queries.ts'

type Verdict = AnswerOf<'calibrationVerdict'>

const STATES: Record<Verdict['verdict'], State> = {
  unproven: 'no_data',
  proven: 'ok',
  loses_after_costs: 'warning',
  worse_than_baseline: 'critical',
}

export function VerdictPanel() {
  const { m, f } = useLanguage()
  const { calibration: t } = m
  const query = useQuery(queries.calibrationVerdict)
  return (
    <Panel title={m.rollout.verdict} what={t.verdictWhat} className="min-h-64">
      <QueryView query={query} height="min-h-48">
        {(verdict) => (
          <div className="grid gap-2" data-verdict={verdict.verdict}>
            <p>
              <StateMark state={STATES[verdict.verdict]} word={m.rollout.verdictNames[verdict.verdict]} />{' '}
              <span className="text-muted">{t.ofModel(verdict.model, f.number(verdict.labels))}</span>
            </p>
            <p>{verdict.labels === 0 ? t.none : t.verdictSays[verdict.verdict]}</p>
            {verdict.leftOut > 0 && <p className="text-amber">{t.leftOut(f.number(verdict.leftOut))}</p>}
            {verdict.verdict === 'unproven' && <Concludes verdict={verdict} />}
            {verdict.netReturn !== null && <Figures verdict={verdict} />}
          </div>
        )}
      </QueryView>
    </Panel>
  )
}

function Concludes({ verdict: { labelsToConclude, concludesAt } }: { verdict: Verdict }) {
  const { m, f } = useLanguage()
  const { calibration: t } = m
  if (labelsToConclude === null) return <p>{t.nothingSeen}</p>
  return <p>{t.concludes(f.number(labelsToConclude), concludesAt === null ? '' : `, ${f.moment(concludesAt)}`)}</p>
}

function Figures({ verdict: { netReturn, difference, hitRate } }: { verdict: Verdict }) {
  const { m, f } = useLanguage()
  const { calibration: t } = m
  const plain = (value: number) => f.number(value, 3)
  const share = (value: number) => f.percent(value, 1)
  const rows = [
    { name: t.netReturn, estimate: netReturn, text: plain },
    { name: t.difference, estimate: difference, text: plain },
    {
      name: hitRate === null ? t.hitRate : `${t.hitRate} (${t.breakEven(share(hitRate.breakEven))})`,
      estimate: hitRate,
      text: share,
    },
  ]
  return (
    <ScrollTable label={m.rollout.verdict}>
      <HeadRow columns={[t.figure, ...[t.mean, t.from, t.to].map(figures)]} />
      <tbody>
        {rows.map(({ name, estimate, text }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            {[estimate?.mean, estimate?.low, estimate?.high].map((value, at) => (
              <td key={['mean', 'low', 'high'][at]} className="number">
                {value === undefined ? '–' : text(value)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </ScrollTable>
  )
}
