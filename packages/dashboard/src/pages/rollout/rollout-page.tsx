import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { RolloutView } from '@spark/contract/rollout'
import { Link } from '@tanstack/react-router'
import { Button } from '../../components/button.tsx'
import { CriterionList } from '../../components/criterion-list.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { RolloutCommandDialog } from '../../components/rollout-command-dialog.tsx'
import { useLanguage } from '../../i18n/language.tsx'
import { queries } from '../../queries.ts'
import { ROLLOUT_COMMANDS, whyNot, type RolloutCommand } from '../../rollout-command.ts'
import { usePermissions } from '../../session.ts'
import { BreachPanel } from './breach-panel.tsx'
import { DecisionPanel } from './decision-panel.tsx'
import { GateTable } from './gate-table.tsx'
import { HistoryPanel } from './history-panel.tsx'
import { OverrideBanner } from './override-banner.tsx'
import { StandingPanel } from './standing-panel.tsx'

export function RolloutPage() {
  const { m } = useLanguage()
  const { rollout: t } = m
  const query = useQuery(queries.rollout)
  return (
    <div className="grid gap-3 p-2 sm:p-3">
      <h1 className="sr-only">{t.title}</h1>
      <OverrideBanner />
      <Commands />
      <QueryView query={query} height="min-h-96">
        {(view) => (view.id === null ? <p>{t.none}</p> : <Standing view={view} />)}
      </QueryView>
      <div className="grid gap-3 xl:grid-cols-2">
        <DecisionPanel />
        <BreachPanel />
      </div>
      <HistoryPanel />
      <Panel title={t.rehearsal}>
        <p className="text-muted">{t.rehearsalWhat}</p>
        <Link to="/rollout/rehearsals" className="mt-1 self-start text-accent underline">
          {m.rehearsal.open}
        </Link>
      </Panel>
    </div>
  )
}

function Commands() {
  const { m } = useLanguage()
  const permissions = usePermissions()
  const view = useQuery(queries.rollout).data
  const [chosen, setChosen] = useState<RolloutCommand | null>(null)
  return (
    <Panel title={m.rollout.commands}>
      <div className="flex flex-wrap gap-2">
        {ROLLOUT_COMMANDS.map((command) => (
          <Button
            key={command}
            data-command={command}
            tone={command === 'rollback' || command === 'kill' ? 'danger' : 'plain'}
            why={whyNot(command, view, permissions, m)}
            onClick={() => setChosen(command)}
          >
            {m.rollout[command]}
          </Button>
        ))}
      </div>
      {chosen !== null && <RolloutCommandDialog command={chosen} onClose={() => setChosen(null)} />}
    </Panel>
  )
}

function Standing({ view }: { view: RolloutView }) {
  const { m } = useLanguage()
  return (
    <div className="grid gap-3">
      <StandingPanel view={view} />
      <Panel title={m.rollout.gates} what={m.rollout.slices}>
        <GateTable gates={view.gates} />
      </Panel>
      {view.successCriteria !== null && (
        <Panel title={m.rollout.criteria}>
          <CriterionList criteria={view.successCriteria} />
        </Panel>
      )}
    </div>
  )
}
