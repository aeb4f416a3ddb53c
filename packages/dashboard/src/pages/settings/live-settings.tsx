import { useQuery } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import type { SettingsApplied } from '@spark/contract/rollout'
import type { BodyOf } from '@spark/contract/routes'
import { useCommand } from '../../commands.ts'
import { Button } from '../../components/button.tsx'
import { ConfirmDialog } from '../../components/confirm-dialog.tsx'
import { Panel } from '../../components/panel.tsx'
import { useLanguage } from '../../i18n/language.tsx'
import { queries } from '../../queries.ts'
import { usePermissions } from '../../session.ts'

const NAMES = ['FEATURE_ML_SCORING', 'ML_CONFID_FLOOR', 'ML_SIGNAL_WEIGHTS', 'POLL_INTERVAL_MS'] as const
type Values = BodyOf<'settingsApply'>['values']

/** The settings that take effect without a restart. */
export function LiveSettings() {
  const { m, f } = useLanguage()
  const { settings: t } = m
  const { canAdvance } = usePermissions()
  const rollout = useQuery(queries.rollout).data
  const [draft, setDraft] = useState<Partial<Record<(typeof NAMES)[number], string>>>({})
  const [asking, setAsking] = useState(false)
  const [applied, setApplied] = useState<SettingsApplied | null>(null)
  const values: Values = Object.fromEntries(Object.entries(draft).filter(([, value]) => value.trim() !== ''))
  const now: typeof draft =
    rollout === undefined || rollout.id === null
      ? {}
      : {
          FEATURE_ML_SCORING: f.percent(rollout.ceiling),
          ML_CONFID_FLOOR: f.number(rollout.floor.base, 2),
          POLL_INTERVAL_MS: String(rollout.pollIntervalMs.base),
        }
  function submit(event: FormEvent): void {
    event.preventDefault()
    setAsking(true)
  }
  return (
    <Panel title={t.atOnce} what={t.atOnceWhat}>
      <form className="grid gap-2" onSubmit={submit}>
        {NAMES.map((name) => (
          <label key={name} className="flex flex-wrap items-center gap-x-3 gap-y-0.5">
            <span className="basis-48 font-mono text-xs">{name}</span>
            <input
              className="field w-40 max-w-full"
              value={draft[name] ?? ''}
              autoComplete="off"
              maxLength={100}
              onChange={(event) => setDraft({ ...draft, [name]: event.target.value })}
            />
            <span className="text-xs text-muted">{now[name] !== undefined && t.nowIs(now[name])}</span>
          </label>
        ))}
        <Button
          className="justify-self-start"
          type="submit"
          why={canAdvance ? null : m.common.notPermitted}
          disabled={Object.keys(values).length === 0}
        >
          {t.apply}
        </Button>
      </form>
      {applied !== null && <Applied applied={applied} />}
      {asking && (
        <ApplyDialog
          values={values}
          onApplied={(answer) => {
            setApplied(answer)
            setDraft({})
          }}
          onClose={() => setAsking(false)}
        />
      )}
    </Panel>
  )
}

interface ApplyDialogProps {
  values: Values
  onApplied: (answer: SettingsApplied) => void
  onClose: () => void
}

function ApplyDialog({ values, onApplied, onClose }: ApplyDialogProps) {
  const { m } = useLanguage()
  const { settings: t } = m
  const run = useCommand()
  return (
    <ConfirmDialog
      title={t.apply}
      word="apply"
      firstReason={m.rollout.fromDashboard}
      confirm={t.apply}
      onConfirm={async (reason) => {
        const answer = await run('settingsApply', { body: { values, reason } }, t.apply)
        if (answer !== null) onApplied(answer)
        return answer !== null
      }}
      onClose={onClose}
    >
      <p className="break-words">
        {t.applyWhat(
          Object.entries(values)
            .map(([name, value]) => `${name}=${value}`)
            .join(', '),
        )}
      </p>
    </ConfirmDialog>
  )
}

function Applied({ applied: { changes, notes } }: { applied: SettingsApplied }) {
  const { m } = useLanguage()
  const { settings: t } = m
  return (
    <div role="status" className="mt-2 rounded bg-raised p-2 text-xs">
      <p className="text-muted">{changes.length === 0 ? t.nothingChanged : t.applied}</p>
      <ul>
        {changes.map(({ name, before, after }) => (
          <li key={name}>
            {name}: {before} → {after}
          </li>
        ))}
        {notes.map((note) => (
          <li key={note} lang="en">
            {note}
          </li>
        ))}
      </ul>
    </div>
  )
}
