import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { AnswerOf } from '@spark/contract/routes'
import { useCommand } from '../../commands.ts'
import { Ago, Until } from '../../components/ago.tsx'
import { Button } from '../../components/button.tsx'
import { ConfirmDialog } from '../../components/confirm-dialog.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { useLanguage } from '../../i18n/language.tsx'
import { queries } from '../../queries.ts'
import { toldWords } from '@spark/contract/speech/told-words'
import { usePermissions } from '../../session.ts'

type Job = AnswerOf<'jobs'>['items'][number]

export function JobsPage() {
  const { m } = useLanguage()
  const { records: t } = m
  const query = useQuery(queries.jobs)
  const run = useCommand()
  const { canRunJobs } = usePermissions()
  const [asked, setAsked] = useState<string | null>(null)
  return (
    <div className="grid gap-3 p-2 sm:p-3">
      <h1 className="sr-only">{t.jobs}</h1>
      <Panel title={t.jobs} className="min-h-96">
        <QueryView query={query} height="min-h-80">
          {({ items }) => (
            <ul>
              {items.map((job) => (
                <li key={job.name} className="flex flex-wrap items-center gap-x-4 gap-y-1 border-b border-line py-2">
                  <div className="min-w-0 flex-1 basis-72">
                    <p className="font-medium">
                      {job.name} <span className="font-mono text-xs text-muted">{job.cron}</span>
                    </p>
                    <p className="break-words text-muted">{(m.faults.jobs as Record<string, string>)[job.name] ?? job.what}</p>
                    <LastRun job={job} />
                  </div>
                  <span>
                    {t.next} <Until ms={job.nextRun} />
                  </span>
                  <Button why={canRunJobs ? null : m.common.notPermitted} onClick={() => setAsked(job.name)}>
                    {t.runNow}
                  </Button>
                </li>
              ))}
            </ul>
          )}
        </QueryView>
      </Panel>
      {asked !== null && (
        <ConfirmDialog
          title={`${t.runNow}: ${asked}`}
          firstReason={m.rollout.fromDashboard}
          confirm={t.runNow}
          onConfirm={async (reason) =>
            (await run('jobRun', { params: { id: asked }, body: { reason } }, `${t.runNow}: ${asked}`)) !== null
          }
          onClose={() => setAsked(null)}
        >
          <p>{t.runWhat}</p>
        </ConfirmDialog>
      )}
    </div>
  )
}

function LastRun({ job: { lastRun } }: { job: Job }) {
  const { m, f } = useLanguage()
  const { records: t } = m
  if (lastRun === null) return <p className="text-xs text-muted">{t.never}</p>
  const { outcome, startedAt, detail, askedBy } = lastRun
  const word = outcome === null ? t.running : outcome === 'done' ? m.common.done : t.failed
  return (
    <p className="text-xs break-words">
      {t.last} <Ago ms={startedAt} />{' '}
      <StateMark state={outcome === null ? 'no_data' : outcome === 'failed' ? 'warning' : 'ok'} word={word} />{' '}
      <span className="text-muted">
        {[...(askedBy === null ? [] : [t.askedBy(askedBy)]), ...(detail === null ? [] : [toldWords(detail, { m, f })])].join(
          '; ',
        )}
      </span>
    </p>
  )
}
