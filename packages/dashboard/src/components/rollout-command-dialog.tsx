import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useCommand, type RunCommand } from '../commands.ts'
import { useLanguage } from '../i18n/language.tsx'
import { queries } from '../queries.ts'
import { nextShare, TYPED, type RolloutCommand } from '../rollout-command.ts'
import { ConfirmDialog } from './confirm-dialog.tsx'

interface Wish {
  reason: string
  share: number
}

/** Gives it, with what the route of each takes beside the reason. Resolves with whether it was done. */
async function give(run: RunCommand, command: RolloutCommand, { reason, share }: Wish, said: string): Promise<boolean> {
  switch (command) {
    case 'start':
      return (await run('rolloutStart', { body: { reason } }, said)) !== null
    case 'promote':
      return (await run('rolloutPromote', { body: { reason, share } }, said)) !== null
    case 'rollback':
      return (await run('rolloutRollback', { body: { reason, confirm: 'rollback' } }, said)) !== null
    case 'override':
      return (await run('rolloutOverride', { body: { reason, confirm: 'override' } }, said)) !== null
    case 'kill':
      return (await run('kill', { body: { scope: 'all', reason } }, said)) !== null
    case 'approve':
      return (await run('rolloutApprove', { body: { reason } }, said)) !== null
    case 'pause':
      return (await run('rolloutPause', { body: { reason } }, said)) !== null
    case 'resume':
      return (await run('rolloutResume', { body: { reason } }, said)) !== null
    default:
      return (await run('rolloutPreview', { body: { reason } }, said)) !== null
  }
}

/** Says what a command of the rollout changes, and gives it. */
export function RolloutCommandDialog({ command, onClose }: { command: RolloutCommand; onClose: () => void }) {
  const { m, f } = useLanguage()
  const { rollout: t } = m
  const run = useCommand()
  const view = useQuery(queries.rollout).data
  const [share, setShare] = useState(() => nextShare(view))
  const shares =
    view !== undefined && view.id !== null ? view.steps.map((step) => step.share).filter((one) => one > 0) : [0.1, 0.5, 1]
  const what = command === 'promote' ? t.promoteWhat(f.percent(share)) : t[`${command}What`]
  return (
    <ConfirmDialog
      title={t[command]}
      word={TYPED[command] ?? null}
      firstReason={t.fromDashboard}
      confirm={t[command]}
      tone={command === 'rollback' || command === 'kill' ? 'danger' : 'accent'}
      onConfirm={(reason) => give(run, command, { reason, share }, t[command])}
      onClose={onClose}
    >
      <p>{what}</p>
      {command === 'promote' && (
        <label className="grid gap-1">
          {t.shareName}
          <select className="field" value={share} onChange={(event) => setShare(Number(event.target.value))}>
            {shares.map((one) => (
              <option key={one} value={one}>
                {f.percent(one)}
              </option>
            ))}
          </select>
        </label>
      )}
    </ConfirmDialog>
  )
}
