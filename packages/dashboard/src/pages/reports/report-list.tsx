import { Link } from '@tanstack/react-router'
import type { ReportView } from '@spark/contract/report'
import { StateMark, type State } from '../../components/state-mark.tsx'
import { useLanguage } from '../../i18n/language.tsx'

const STATES: Record<ReportView['state'], State> = { waiting: 'no_data', done: 'ok', failed: 'critical' }

/** Which periods were reported, and who signed. */
export function ReportList({ items, shown }: { items: readonly ReportView[]; shown: string | undefined }) {
  const { m, f } = useLanguage()
  const { report: t } = m
  if (items.length === 0) return <p className="text-muted">{t.none}</p>
  return (
    <ul className="max-h-72 overflow-y-auto">
      {items.map(({ id, kind, fromMs, toMs, state, said, askedBy, signatures }) => (
        <li
          key={id}
          data-report-state={state}
          className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line py-1.5"
        >
          <div className="min-w-0 flex-1 basis-60">
            <p className="flex flex-wrap gap-x-3">
              <span className="font-medium">{t.kinds[kind]}</span>
              <span>
                {f.moment(fromMs)} – {f.moment(toMs)}
              </span>
              <StateMark state={STATES[state]} word={t.states[state]} />
            </p>
            <p className="text-xs break-words text-muted">
              {t.preparedBy} {askedBy}
              {signatures.map(({ as, by }) => (
                <span key={as}>
                  {' · '}
                  {t.signed[as]} {by}
                </span>
              ))}
            </p>
            {said !== null && (
              <p className="text-xs break-words text-red" lang="en">
                {said}
              </p>
            )}
          </div>
          {state === 'done' && (
            <Link
              to="/reports"
              search={{ id }}
              aria-current={id === shown ? 'true' : undefined}
              className="text-accent underline"
            >
              {t.show}
            </Link>
          )}
        </li>
      ))}
    </ul>
  )
}
