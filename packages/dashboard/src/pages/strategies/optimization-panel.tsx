import { useQuery } from '@tanstack/react-query'
import type { AnswerOf } from '@spark/contract/routes'
import { useCommand } from '../../commands.ts'
import { Moment } from '../../components/ago.tsx'
import { Button } from '../../components/button.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { useLanguage } from '../../i18n/language.tsx'
import { queries } from '../../queries.ts'
import { usePermissions } from '../../session.ts'
import { ProposalView } from './proposal-view.tsx'

type Search = AnswerOf<'optimizations'>['items'][number]

/** The searches of a strategy, the newest with its proposal. */
export function OptimizationPanel({ strategyId }: { strategyId: string }) {
  const { m } = useLanguage()
  const { optimization: t } = m
  const query = useQuery(queries.optimizations(strategyId))
  return (
    <Panel title={t.title} what={t.what} className="min-h-32 xl:col-span-2">
      <QueryView query={query}>
        {({ items }) => (
          <>
            {items.length === 0 && <p className="text-muted">{t.none}</p>}
            <ul>
              {items.map((search) => (
                <SearchRow key={search.id} search={search} />
              ))}
            </ul>
            <NewestProposal searches={items} />
          </>
        )}
      </QueryView>
    </Panel>
  )
}

function SearchRow({ search: { id, askedAt, askedBy, state, progress, ok, said, strategyId } }: { search: Search }) {
  const { m } = useLanguage()
  const { optimization: t } = m
  const run = useCommand()
  const { canOptimize } = usePermissions()
  const open = state === 'waiting' || state === 'running'
  const mark = state === 'failed' ? 'warning' : state === 'done' && ok === true ? 'ok' : 'no_data'
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line py-1.5" data-search={state}>
      <Moment ms={askedAt} />
      <span className="text-muted">{askedBy}</span>
      <StateMark state={mark} word={state === 'done' ? (ok === true ? t.better : t.luck) : t.states[state]} />
      {state === 'failed' && (
        <span className="min-w-0 break-words" lang="en">
          {said}
        </span>
      )}
      {open && (
        <>
          <progress value={progress} max={1} aria-label={t.progress} className="w-32" />
          <Button
            why={canOptimize ? null : m.common.notPermitted}
            onClick={() => void run('optimizationCancel', { params: { id }, body: {} }, `${t.cancel}: ${strategyId}`)}
          >
            {t.cancel}
          </Button>
        </>
      )}
    </li>
  )
}

function NewestProposal({ searches }: { searches: readonly Search[] }) {
  const done = searches.find(({ state }) => state === 'done')
  return done === undefined ? null : <Found id={done.id} />
}

function Found({ id }: { id: string }) {
  const query = useQuery(queries.optimization(id))
  return (
    <QueryView query={query}>{({ proposal }) => (proposal === null ? null : <ProposalView proposal={proposal} />)}</QueryView>
  )
}
