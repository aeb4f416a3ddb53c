import { useState } from 'react'
import type { AnswerOf } from '@spark/contract/routes'
import { useCommand } from '../commands.ts'
import { useLanguage } from '../i18n/language.tsx'
import { usePermissions } from '../session.ts'
import { Ago } from './ago.tsx'
import { Button } from './button.tsx'
import { ConfirmDialog } from './confirm-dialog.tsx'

/** Kill switches that are set, with what lifts them, and what else keeps orders from the venue. */
export function KillSwitches({ risk }: { risk: AnswerOf<'risk'> }) {
  const { m } = useLanguage()
  const { overview: t, rollout } = m
  const run = useCommand()
  const { canUnkill } = usePermissions()
  const [lifting, setLifting] = useState<string | null>(null)
  return (
    <>
      <h3 className="text-xs text-muted">{t.killSwitches}</h3>
      {risk.killSwitches.length === 0 && <p>{t.killNone}</p>}
      <ul className="grid gap-1">
        {risk.killSwitches.map(({ scope, reason, actor, setAt }) => (
          <li
            key={scope}
            className="flex flex-wrap items-center justify-between gap-2 rounded border border-red-line bg-red-ground p-2 text-red"
          >
            <span className="min-w-0">
              <strong>{scope}</strong>: {reason} ({actor}, <Ago ms={setAt} />)
            </span>
            <Button why={canUnkill ? null : m.common.notPermitted} onClick={() => setLifting(scope)}>
              {rollout.unkill}
            </Button>
          </li>
        ))}
      </ul>
      {risk.venue.haltedReason !== null && <p className="mt-1 text-red">{t.venueHalted(risk.venue.haltedReason)}</p>}
      {risk.venue.name !== 'paper' && <p className="mt-1 text-amber">{t.unprotected}</p>}
      {lifting !== null && (
        <ConfirmDialog
          title={rollout.unkill}
          word={lifting}
          firstReason={rollout.fromDashboard}
          confirm={rollout.unkill}
          onConfirm={async (reason) =>
            (await run('unkill', { body: { scope: lifting, reason, confirm: lifting } }, rollout.unkill)) !== null
          }
          onClose={() => setLifting(null)}
        >
          <p>{rollout.unkillWhat(lifting)}</p>
        </ConfirmDialog>
      )}
    </>
  )
}
