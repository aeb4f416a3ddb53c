import { Link } from '@tanstack/react-router'
import type { RehearsalView } from '@spark/contract/rehearsal'
import { useCommand } from '../../commands.ts'
import { Ago } from '../../components/ago.tsx'
import { Button } from '../../components/button.tsx'
import { StateMark, type State } from '../../components/state-mark.tsx'
import { useLanguage } from '../../i18n/language.tsx'
import { toldWords } from '@spark/contract/speech/told-words'
import { usePermissions } from '../../session.ts'

/** What was asked for, how far it is and how it ended. */
export function RehearsalList({ items, shown }: { items: readonly RehearsalView[]; shown: string | undefined }) {
  const { m, f } = useLanguage()
  const { rehearsal: t } = m
  const run = useCommand()
  const { canAdvance } = usePermissions()
  if (items.length === 0) return <p className="text-muted">{t.none}</p>
  return (
    <ul>
      {items.map((one) => (
        <li
          key={one.id}
          data-rehearsal={one.state}
          className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line py-1.5"
        >
          <div className="min-w-0 flex-1 basis-60">
            <p className="flex flex-wrap gap-x-3">
              <StateMark state={stateOf(one)} word={wordOf(one, t)} />
              <span>{t.seedIs(String(one.seed))}</span>
              {one.model !== null && <span className="font-mono break-all">{one.model}</span>}
              <span>{t.faultCount(f.number(one.faults))}</span>
              <span className="text-muted">
                <Ago ms={one.askedAt} /> · {one.askedBy}
              </span>
            </p>
            {one.state === 'waiting' && <p className="text-xs text-muted">{t.waitsFor}</p>}
            {one.state === 'running' && (
              <progress className="h-2 w-full max-w-80 accent-text" aria-label={t.progress} value={one.progress} max={1} />
            )}
            {one.said !== null && <p className="text-xs break-words text-muted">{toldWords(one.said, { m, f })}</p>}
          </div>
          {one.endedAt === null ? (
            <Button
              why={canAdvance ? null : m.common.notPermitted}
              onClick={() => void run('rehearsalCancel', { params: { id: one.id }, body: {} }, t.cancel)}
            >
              {t.cancel}
            </Button>
          ) : (
            one.state === 'done' && (
              <Link
                to="/rollout/rehearsals"
                search={{ id: one.id }}
                aria-current={one.id === shown ? 'true' : undefined}
                className="text-accent underline"
              >
                {t.show}
              </Link>
            )
          )}
        </li>
      ))}
    </ul>
  )
}

function stateOf({ state, ok }: RehearsalView): State {
  if (state === 'failed') return 'critical'
  return ok === null ? 'no_data' : ok ? 'ok' : 'warning'
}

function wordOf({ state, ok }: RehearsalView, t: ReturnType<typeof useLanguage>['m']['rehearsal']): string {
  return ok === null ? t.states[state] : ok ? t.good : t.bad
}
