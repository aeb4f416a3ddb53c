import { HeadRow, figures } from '../../components/head-row.tsx'
import { ScrollTable } from '../../components/scroll-table.tsx'
import { useQuery } from '@tanstack/react-query'
import { Moment } from '../../components/ago.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { gateText } from '../../gate-view.ts'
import { useLanguage } from '../../i18n/language.tsx'
import { queries } from '../../queries.ts'

const ROWS_SHOWN = 20

export function BreachPanel() {
  const { m, f } = useLanguage()
  const { rollout: t } = m
  const query = useQuery(queries.breaches)
  return (
    <Panel title={t.breaches} className="min-h-60">
      <QueryView query={query} height="min-h-40">
        {({ items }) =>
          items.length === 0 ? (
            <p className="text-muted">{t.noBreaches}</p>
          ) : (
            <ScrollTable label={t.breaches}>
              <HeadRow columns={[t.gate, t.since, figures(t.inBreach), figures(t.worst)]} />
              <tbody>
                {items.slice(0, ROWS_SHOWN).map(({ rollout, gate, critical, since, durationS, endedAt, worst }) => (
                  <tr key={`${rollout} ${gate} ${since}`}>
                    <td>
                      {m.common.gates[gate]}{' '}
                      <StateMark state={critical ? 'critical' : 'warning'} word={critical ? t.criticalKind : t.minorKind} />
                    </td>
                    <td>
                      <Moment ms={since} />
                    </td>
                    <td className="number">
                      {f.duration(durationS * 1000)} {endedAt === null && `(${t.open})`}
                    </td>
                    <td className="number">{gateText(gate, worst, f)}</td>
                  </tr>
                ))}
              </tbody>
            </ScrollTable>
          )
        }
      </QueryView>
    </Panel>
  )
}
