import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import type { ModelView } from '@spark/contract/models'
import { useCommand } from '../../commands.ts'
import { Button } from '../../components/button.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { useLanguage } from '../../i18n/language.tsx'
import { queries } from '../../queries.ts'
import { whyNot } from '../../rollout-command.ts'
import { usePermissions } from '../../session.ts'
import { ModelDetails } from './model-details.tsx'
import type { ModelCommand } from './model-dialog.tsx'

const WEIGHT_DIGITS = 3

interface ModelRowProps {
  model: ModelView
  onCommand: (command: ModelCommand) => void
}

/** One version: what it is, and what can be done with it. */
export function ModelRow({ model, onCommand }: ModelRowProps) {
  const { m, f } = useLanguage()
  const { models: t } = m
  const { version, state, aliases, underRollout, trainedAt, expiresAt, weights, verdict, labels } = model
  const is = [...aliases.map((alias) => t.aliases[alias]), ...(underRollout ? [t.underRollout] : [])]
  return (
    <li data-model={version} className="grid gap-1 border-b border-line py-2">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
        <div className="min-w-0 flex-1 basis-72">
          <p className="flex flex-wrap items-baseline gap-x-3">
            <span className="font-mono font-medium break-all">{version}</span>
            {is.length > 0 && <span>{is.join(', ')}</span>}
            {state !== 'usable' && <StateMark state={state === 'damaged' ? 'critical' : 'warning'} word={t.states[state]} />}
          </p>
          <p className="flex flex-wrap gap-x-4 text-muted">
            <span>
              {t.trained}: {trainedAt === null ? t.notTrained : f.moment(trainedAt)}
            </span>
            <span>
              {t.expires}: {expiresAt === null ? t.neverExpires : f.moment(expiresAt)}
            </span>
            {weights !== null && (
              <span>
                {t.weights}:{' '}
                <span className="number">
                  {[weights.rsi, weights.macd, weights.trend].map((one) => f.number(one, WEIGHT_DIGITS)).join(' / ')}
                </span>
              </span>
            )}
            <span>
              {t.verdict}: {m.rollout.verdictNames[verdict]}, {t.onLabels(f.number(labels))}
            </span>
          </p>
        </div>
        <Actions model={model} onCommand={onCommand} />
      </div>
      <ModelDetails model={model} />
    </li>
  )
}

function Actions({ model: { version, state, aliases }, onCommand }: ModelRowProps) {
  const { m } = useLanguage()
  const { models: t } = m
  const run = useCommand()
  const navigate = useNavigate()
  const permissions = usePermissions()
  const rollout = useQuery(queries.rollout).data
  const denied = permissions.canAdvance ? null : m.common.notPermitted
  const unfit = state === 'usable' ? null : t.unfit
  const isShadow = aliases.includes('shadow')
  const followed = aliases.includes('champion') ? t.isChampion : aliases.length > 0 ? t.isFollowed : null
  async function rehearse(): Promise<void> {
    const body = { seed: 1, model: version, reason: m.rollout.fromDashboard }
    const asked = await run('rehearsalStart', { body }, t.rehearsed(version))
    if (asked !== null) void navigate({ to: '/rollout/rehearsals' })
  }
  return (
    <div className="flex flex-wrap gap-2">
      <Button why={denied ?? unfit} onClick={() => void rehearse()}>
        {t.rehearse}
      </Button>
      <Button why={denied ?? unfit ?? whyNot('start', rollout, permissions, m)} onClick={() => onCommand('rollOut')}>
        {t.rollOut}
      </Button>
      {isShadow ? (
        <Button why={denied} onClick={() => onCommand('endShadow')}>
          {t.endShadow}
        </Button>
      ) : (
        <Button why={denied ?? unfit ?? followed} onClick={() => onCommand('shadow')}>
          {t.shadow}
        </Button>
      )}
    </div>
  )
}
