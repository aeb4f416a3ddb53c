import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { AnswerOf } from '@spark/contract/routes'
import { toldWords } from '@spark/contract/speech/told-words'
import { useCommand } from '../../commands.ts'
import { Ago } from '../../components/ago.tsx'
import { Button } from '../../components/button.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { useLanguage } from '../../i18n/language.tsx'
import { queries } from '../../queries.ts'
import { usePermissions } from '../../session.ts'
import { verificationState } from './verification-state.ts'

type Run = AnswerOf<'jobs'>['items'][number]['lastRun']

/** Whether the audit is whole, as its last verification found it, and a new one for whoever has signed in. */
export function Verification() {
  const { m } = useLanguage()
  const { records: t } = m
  const query = useQuery(queries.jobs)
  const run = useCommand()
  const { canVerify } = usePermissions()
  /** The run before the one that was asked for; undefined: none was. */
  const [before, setBefore] = useState<number | null | undefined>()
  const last = query.data?.items.find(({ name }) => name === 'integrity')?.lastRun ?? null
  const state = verificationState(last, before)
  async function ask(): Promise<void> {
    if ((await run('auditVerify', { body: { reason: m.rollout.fromDashboard } }, t.verifyNow)) !== null)
      setBefore(last?.startedAt ?? null)
  }
  const open = state === 'waits' ? t.verifyWaits : state === 'runs' ? t.verifyRuns : null
  return (
    <Panel
      title={t.verification}
      what={t.verificationWhat}
      className="min-h-24"
      actions={
        <Button why={canVerify ? open : m.common.notPermitted} onClick={() => void ask()}>
          {t.verifyNow}
        </Button>
      }
    >
      <QueryView query={query} height="min-h-12">
        {() => (
          <div data-verification={state} aria-live="polite">
            {state === 'waits' ? <StateMark state="no_data" word={t.verifyWaits} /> : <Told run={last} />}
          </div>
        )}
      </QueryView>
    </Panel>
  )
}

function Told({ run }: { run: Run }) {
  const { m, f } = useLanguage()
  const { records: t } = m
  if (run === null) return <p className="text-muted">{t.neverVerified}</p>
  const { outcome, startedAt, endedAt, detail, askedBy } = run
  const who = askedBy === null ? t.bySchedule : t.askedBy(askedBy)
  if (outcome === null || endedAt === null)
    return (
      <p>
        <StateMark state="no_data" word={t.verifyRuns} /> {t.runsSince} <Ago ms={startedAt} />, {who}
      </p>
    )
  return (
    <>
      <p className="break-words">
        <StateMark state={outcome === 'done' ? 'ok' : 'critical'} word={outcome === 'done' ? t.whole : t.notWhole} />{' '}
        {detail === null ? '' : toldWords(detail, { m, f })}
      </p>
      {outcome === 'failed' && <p className="mt-1 font-medium">{t.notWholeNext}</p>}
      <p className="mt-1 text-xs text-muted">
        <Ago ms={endedAt} />, {t.took(f.duration(endedAt - startedAt))}, {who}
      </p>
    </>
  )
}
