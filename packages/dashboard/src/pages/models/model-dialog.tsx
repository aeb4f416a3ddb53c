import { useCommand } from '../../commands.ts'
import { ConfirmDialog } from '../../components/confirm-dialog.tsx'
import { useLanguage } from '../../i18n/language.tsx'

export type ModelCommand = 'rollOut' | 'shadow' | 'endShadow'

/** Says what a command on a model changes, and gives it. What adds risk is typed. */
export function ModelDialog({ command, version, onClose }: { command: ModelCommand; version: string; onClose: () => void }) {
  const { m } = useLanguage()
  const { models: t } = m
  const run = useCommand()
  const said = `${t[command]}: ${version}`
  async function give(reason: string): Promise<boolean> {
    if (command === 'rollOut') return (await run('rolloutStart', { body: { reason, model: version } }, said)) !== null
    const named = command === 'shadow' ? version : null
    return (await run('modelShadow', { body: { version: named, reason } }, said)) !== null
  }
  return (
    <ConfirmDialog
      title={t[command]}
      word={command === 'rollOut' ? 'rollout' : null}
      firstReason={m.rollout.fromDashboard}
      confirm={t[command]}
      onConfirm={give}
      onClose={onClose}
    >
      <p>{t[`${command}What`](version)}</p>
    </ConfirmDialog>
  )
}
