import { HeadRow, figures } from '../../components/head-row.tsx'
import { ScrollTable } from '../../components/scroll-table.tsx'
import { useQuery } from '@tanstack/react-query'
import { Moment } from '../../components/ago.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { useLanguage } from '../../i18n/language.tsx'
import { queries } from '../../queries.ts'
import { reasonWords } from '@spark/contract/speech/reason-words'

export function HistoryPanel() {
  const { m, f } = useLanguage()
  const { rollout: t } = m
  const query = useQuery(queries.rolloutHistory)
  return (
    <Panel title={t.history}>
      <QueryView query={query}>
        {({ items }) =>
          items.length < 2 ? (
            <p className="text-muted">{t.noHistory}</p>
          ) : (
            <ScrollTable label={t.history}>
              <HeadRow columns={[t.title, t.since, t.state, figures(t.exposure), t.model, figures(t.breaches)]} />
              <tbody>
                {items.map(({ id, startedAt, phase, phaseReason, share, model, breaches }) => (
                  <tr key={id}>
                    <td>{id}</td>
                    <td>
                      <Moment ms={startedAt} />
                    </td>
                    <td>
                      {t.phases[phase]}
                      {phaseReason !== null && (
                        <span className="block text-xs text-muted">{reasonWords(phaseReason, { m, f })}</span>
                      )}
                    </td>
                    <td className="number">{f.percent(share)}</td>
                    <td>{model}</td>
                    <td className="number">
                      {f.number(breaches.total)} ({f.number(breaches.critical)})
                    </td>
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
