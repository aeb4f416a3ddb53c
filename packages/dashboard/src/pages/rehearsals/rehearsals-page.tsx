import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { useLanguage } from '../../i18n/language.tsx'
import { queries } from '../../queries.ts'
import { AskPanel } from './ask-panel.tsx'
import { RehearsalList } from './rehearsal-list.tsx'
import { ReportPanels } from './report-panel.tsx'

/** Rehearsals of the plan. Which one is shown stands in the address; without one it is the newest that is done. */
export function RehearsalsPage() {
  const { m } = useLanguage()
  const { rehearsal: t } = m
  const { id } = useSearch({ from: '/rollout/rehearsals' })
  const navigate = useNavigate({ from: '/rollout/rehearsals' })
  const query = useQuery(queries.rehearsals)
  const shown = id ?? query.data?.items.find(({ state }) => state === 'done')?.id
  return (
    <div className="grid gap-3 p-2 sm:p-3">
      <h1 className="sr-only">{t.title}</h1>
      <Link to="/rollout" className="text-accent underline">
        {t.back}
      </Link>
      <QueryView query={query} height="min-h-96">
        {({ items, kinds }) => (
          <div className="grid items-start gap-3 xl:grid-cols-2">
            <AskPanel kinds={kinds} onAsked={() => void navigate({ search: {} })} />
            <Panel title={t.list} className="min-h-40">
              <RehearsalList items={items} shown={shown} />
            </Panel>
          </div>
        )}
      </QueryView>
      {shown !== undefined && <ReportPanels key={shown} id={shown} />}
    </div>
  )
}
