import { useLanguage } from '../../i18n/language.tsx'
import { BucketPanel } from './bucket-panel.tsx'
import { DeadLetterPanel } from './dead-letter-panel.tsx'
import { EarnedPanel } from './earned-panel.tsx'
import { RecentActions } from './recent-actions.tsx'
import { RiskGuardrailsWidget } from './risk-guardrails-widget.tsx'
import { SloTimechart } from './slo-timechart.tsx'

/** The playbook's three panels and two counters, and what ML earned. */
export function OverviewPage() {
  const { m } = useLanguage()
  return (
    <div className="grid gap-3 p-2 sm:p-3 xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
      <h1 className="sr-only">{m.overview.title}</h1>
      <SloTimechart />
      <RiskGuardrailsWidget />
      <RecentActions />
      <div className="grid content-start gap-3 sm:grid-cols-2 xl:grid-cols-1">
        <DeadLetterPanel />
        <BucketPanel />
        <EarnedPanel />
      </div>
    </div>
  )
}
