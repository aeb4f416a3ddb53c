import { useLanguage } from '../../i18n/language.tsx'
import { DriftPanel } from './drift-panel.tsx'
import { HistoryPanel } from './history-panel.tsx'
import { MarkersPanel } from './markers-panel.tsx'
import { PartsPanel } from './parts-panel.tsx'
import { ReliabilityPanel } from './reliability-panel.tsx'
import { VerdictPanel } from './verdict-panel.tsx'

/** What became of decisions; nothing is shown that was not measured. */
export function CalibrationPage() {
  const { m } = useLanguage()
  return (
    <div className="grid gap-3 p-2 sm:p-3 xl:grid-cols-2">
      <h1 className="sr-only">{m.calibration.title}</h1>
      <VerdictPanel />
      <HistoryPanel />
      <ReliabilityPanel />
      <div className="grid content-start gap-3">
        <PartsPanel />
        <DriftPanel />
        <MarkersPanel />
      </div>
    </div>
  )
}
