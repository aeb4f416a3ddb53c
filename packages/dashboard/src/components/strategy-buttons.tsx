import { useState } from 'react'
import type { StrategyView } from '@spark/contract/trading'
import { useCommand } from '../commands.ts'
import { useLanguage } from '../i18n/language.tsx'
import { usePermissions } from '../session.ts'
import { Button } from './button.tsx'
import { ConfirmDialog } from './confirm-dialog.tsx'

const ROUTES = {
  start: 'strategyStart',
  pause: 'strategyPause',
  stop: 'strategyStop',
  optimize: 'strategyOptimize',
} as const
type Verb = keyof typeof ROUTES

export function StrategyButtons({ strategy: { id, status } }: { strategy: StrategyView }) {
  const { m } = useLanguage()
  const { trading: t } = m
  const run = useCommand()
  const { canStart, canStop, canOptimize } = usePermissions()
  const [asked, setAsked] = useState<Verb | null>(null)
  const { notPermitted } = m.common
  return (
    <span className="flex gap-1.5">
      {status === 'running' ? (
        <Button why={canStop ? null : notPermitted} onClick={() => setAsked('pause')}>
          {t.pause}
        </Button>
      ) : (
        <Button why={canStart ? null : notPermitted} onClick={() => setAsked('start')}>
          {t.start}
        </Button>
      )}
      <Button why={!canStop ? notPermitted : status === 'stopped' ? t.statuses.stopped : null} onClick={() => setAsked('stop')}>
        {t.stop}
      </Button>
      <Button why={canOptimize ? null : notPermitted} onClick={() => setAsked('optimize')}>
        {t.optimize}
      </Button>
      {asked !== null && (
        <ConfirmDialog
          title={`${t[asked]}: ${id}`}
          firstReason={m.rollout.fromDashboard}
          confirm={t[asked]}
          onConfirm={async (reason) =>
            (await run(ROUTES[asked], { params: { id }, body: { reason } }, `${t[asked]}: ${id}`)) !== null
          }
          onClose={() => setAsked(null)}
        >
          <p>{t[`${asked}What`]}</p>
        </ConfirmDialog>
      )}
    </span>
  )
}
