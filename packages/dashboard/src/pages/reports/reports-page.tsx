import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import type { ReportAsk } from '@spark/contract/report'
import { useCommand } from '../../commands.ts'
import { Button } from '../../components/button.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { useLanguage } from '../../i18n/language.tsx'
import { queries } from '../../queries.ts'
import { usePermissions } from '../../session.ts'
import { ReportList } from './report-list.tsx'
import { ReportPanels } from './report-panels.tsx'

/** The reports and one of them. Which one is shown stands in the address; without one it is the newest that is made. */
export function ReportsPage() {
  const { m } = useLanguage()
  const { report: t } = m
  const { id } = useSearch({ from: '/reports' })
  const query = useQuery(queries.reports)
  const shown = id ?? query.data?.items.find(({ state }) => state === 'done')?.id
  return (
    <div className="grid gap-3 p-2 sm:p-3">
      <h1 className="sr-only">{t.title}</h1>
      <Panel title={t.title} what={t.what} className="min-h-40">
        <MakeButtons />
        <QueryView query={query} height="min-h-24">
          {({ items }) => <ReportList items={items} shown={shown} />}
        </QueryView>
      </Panel>
      {shown !== undefined && <ReportPanels key={shown} id={shown} />}
    </div>
  )
}

function MakeButtons() {
  const { m } = useLanguage()
  const { report: t } = m
  const run = useCommand()
  const navigate = useNavigate({ from: '/reports' })
  const { canReport } = usePermissions()
  const why = canReport ? null : m.common.notPermitted
  async function make(kind: ReportAsk['kind'], said: string): Promise<void> {
    const asked = await run('reportAsk', { body: { kind, reason: m.rollout.fromDashboard } }, said)
    if (asked !== null) await navigate({ search: {} })
  }
  return (
    <div className="mb-2 flex flex-wrap items-center gap-2">
      <Button tone="accent" why={why} onClick={() => void make('last', t.make)}>
        {t.make}
      </Button>
      <Button why={why} onClick={() => void make('day', t.makeDay)}>
        {t.makeDay}
      </Button>
      <span className="min-w-0 flex-1 basis-60 text-xs text-muted">{t.makeWhat}</span>
    </div>
  )
}
