import { Panel } from '../../components/panel.tsx'
import { useLanguage } from '../../i18n/language.tsx'

/** Says what will stand here and what it waits for. */
export function CalibrationPage() {
  const { m } = useLanguage()
  const { records: t } = m
  return (
    <div className="grid gap-3 p-2 sm:p-3">
      <h1 className="sr-only">{t.calibration}</h1>
      <Panel title={t.calibration}>
        <p>{t.calibrationMissing}</p>
        <p className="mt-2 text-muted">{t.calibrationNow}</p>
      </Panel>
    </div>
  )
}
