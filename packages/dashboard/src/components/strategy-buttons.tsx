import { useState } from 'react'
import type { StrategyView } from '@spark/contract/trading'
import { useCommand } from '../commands.ts'
import { useLanguage } from '../i18n/language.tsx'
import { usePermissions, type Permissions } from '../session.ts'
import { Button } from './button.tsx'
import { ConfirmDialog } from './confirm-dialog.tsx'

const ROUTES = {
  start: 'strategyStart',
  pause: 'strategyPause',
  stop: 'strategyStop',
  optimize: 'strategyOptimize',
} as const
type Verb = keyof typeof ROUTES

export interface AskedVerb {
  verb: Verb
  id: string
}

/** What can be asked of a strategy, with the question that each button puts first. */
export function StrategyButtons({ strategy }: { strategy: StrategyView }) {
  const permissions = usePermissions()
  const [asked, setAsked] = useState<AskedVerb | null>(null)
  return (
    <>
      <StrategyVerbs strategy={strategy} permissions={permissions} ask={setAsked} />
      {asked !== null && <StrategyDialog asked={asked} onClose={() => setAsked(null)} />}
    </>
  )
}

interface StrategyVerbsProps {
  strategy: StrategyView
  permissions: Permissions
  ask: (asked: AskedVerb) => void
}

/** The buttons alone: a list of thousands keeps permissions and question once for all of them. */
export function StrategyVerbs({ strategy: { id, status }, permissions, ask }: StrategyVerbsProps) {
  const { m } = useLanguage()
  const { trading: t } = m
  const { canStart, canStop, canOptimize } = permissions
  const { notPermitted } = m.common
  return (
    <span className="flex gap-1.5">
      {status === 'running' ? (
        <Button why={canStop ? null : notPermitted} onClick={() => ask({ verb: 'pause', id })}>
          {t.pause}
        </Button>
      ) : (
        <Button why={canStart ? null : notPermitted} onClick={() => ask({ verb: 'start', id })}>
          {t.start}
        </Button>
      )}
      <Button
        why={!canStop ? notPermitted : status === 'stopped' ? t.statuses.stopped : null}
        onClick={() => ask({ verb: 'stop', id })}
      >
        {t.stop}
      </Button>
      <Button why={canOptimize ? null : notPermitted} onClick={() => ask({ verb: 'optimize', id })}>
        {t.optimize}
      </Button>
    </span>
  )
}

export function StrategyDialog({ asked: { verb, id }, onClose }: { asked: AskedVerb; onClose: () => void }) {
  const { m } = useLanguage()
  const { trading: t } = m
  const run = useCommand()
  return (
    <ConfirmDialog
      title={`${t[verb]}: ${id}`}
      firstReason={m.rollout.fromDashboard}
      confirm={t[verb]}
      onConfirm={async (reason) => (await run(ROUTES[verb], { params: { id }, body: { reason } }, `${t[verb]}: ${id}`)) !== null}
      onClose={onClose}
    >
      <p>{t[`${verb}What`]}</p>
    </ConfirmDialog>
  )
}
