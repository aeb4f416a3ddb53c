import { useQuery } from '@tanstack/react-query'
import { AuditRow } from '../../components/audit-row.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { useLanguage } from '../../i18n/language.tsx'
import { queries } from '../../queries.ts'
import { reasonsOf } from '../../audit-reasons.ts'
import { toldWords } from '@spark/contract/speech/told-words'

const ROWS_SHOWN = 20

/** What the controller and people decided, with their reasons and the audit row as evidence. */
export function DecisionPanel() {
  const { m, f } = useLanguage()
  const { rollout: t } = m
  const query = useQuery(queries.decisions)
  return (
    <Panel title={t.decisions} className="min-h-60">
      <QueryView query={query} height="min-h-40">
        {(items) =>
          items.length === 0 ? (
            <p className="text-muted">{t.noDecisions}</p>
          ) : (
            <ul>
              {items.slice(0, ROWS_SHOWN).map((item) => (
                <AuditRow key={item.id} item={item}>
                  <span className="text-muted">{item.actor}</span>
                  <span className="basis-full text-muted">
                    {reasonsOf(item)
                      .map((reason) => toldWords(reason, { m, f }))
                      .join('; ')}
                  </span>
                </AuditRow>
              ))}
            </ul>
          )
        }
      </QueryView>
    </Panel>
  )
}
