import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Button } from '../components/button.tsx'
import { Dialog } from '../components/dialog.tsx'
import { RolloutCommandDialog } from '../components/rollout-command-dialog.tsx'
import { useLanguage } from '../i18n/language.tsx'
import { queries } from '../queries.ts'
import { BRAKES, whyNot, type RolloutCommand } from '../rollout-command.ts'
import { usePermissions } from '../session.ts'

/** Everything that takes risk away, from every page. */
export function BrakesDialog({ onClose }: { onClose: () => void }) {
  const { m } = useLanguage()
  const { rollout: t } = m
  const permissions = usePermissions()
  const view = useQuery(queries.rollout).data
  const [chosen, setChosen] = useState<RolloutCommand | null>(null)
  if (chosen !== null) return <RolloutCommandDialog command={chosen} onClose={onClose} />
  return (
    <Dialog title={m.shell.brakes} onClose={onClose}>
      <p className="mb-3 text-muted">{t.brakesWhat}</p>
      <ul className="grid gap-3">
        {BRAKES.map((command) => (
          <li key={command} className="grid items-center gap-2 sm:grid-cols-[1fr_auto]">
            <p>{t[`${command}What` as 'pauseWhat']}</p>
            <Button
              tone={command === 'rollback' || command === 'kill' ? 'danger' : 'plain'}
              why={whyNot(command, view, permissions, m)}
              onClick={() => setChosen(command)}
            >
              {t[command]}
            </Button>
          </li>
        ))}
      </ul>
    </Dialog>
  )
}
