import { Panel } from '../../components/panel.tsx'
import { useLanguage } from '../../i18n/language.tsx'

/** Says what will stand here and what it waits for. */
export function ReportsPage() {
  const { m } = useLanguage()
  const { records: t } = m
  return (
    <div className="grid gap-3 p-2 sm:p-3">
      <h1 className="sr-only">{t.reports}</h1>
      <Panel title={t.reports}>
        <p>{t.reportsMissing}</p>
        <p className="mt-2 text-muted">{t.reportsNow}</p>
      </Panel>
    </div>
  )
}
