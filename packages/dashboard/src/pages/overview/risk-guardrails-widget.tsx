import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { RolloutView } from '@spark/contract/rollout'
import type { AnswerOf } from '@spark/contract/routes'
import { KillSwitches } from '../../components/kill-switches.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { gateText } from '../../gate-view.ts'
import { useLanguage } from '../../i18n/language.tsx'
import { queries } from '../../queries.ts'
import { limitState, usedShare } from './limits.ts'

/** Gates with their time in breach, auto-pause, what is used of the limits, and the kill switches. */
export function RiskGuardrailsWidget() {
  const { m } = useLanguage()
  const { overview: t } = m
  const rollout = useQuery(queries.rollout)
  const risk = useQuery(queries.risk)
  return (
    <Panel title={t.risk} className="min-h-[34rem]">
      <QueryView query={rollout} height="min-h-56">
        {(view) => (view.id === null ? <p className="text-muted">{t.noRollout}</p> : <GateRows view={view} />)}
      </QueryView>
      <div className="mt-3">
        <QueryView query={risk} height="min-h-56">
          {(view) => (
            <>
              <KillSwitches risk={view} />
              <LimitRows risk={view} />
            </>
          )}
        </QueryView>
      </div>
    </Panel>
  )
}

function GateRows({ view }: { view: RolloutView }) {
  const { m, f } = useLanguage()
  const { overview: t } = m
  const critical = view.gates.filter(({ breach }) => breach?.critical === true)
  const names = critical.map(({ gate }) => m.common.gates[gate]).join(', ')
  return (
    <>
      <ul className="grid">
        {view.gates.map(({ gate, value, state, inBreachS, holdS }) => (
          <li
            key={gate}
            className="grid min-h-11 grid-cols-[1fr_auto_6.5rem] items-center gap-x-3 border-b border-line py-1"
            data-gate={gate}
          >
            <span>
              <Link to="/rollout" hash={`gate-${gate}`} className="text-accent underline">
                {m.common.gates[gate]}
              </Link>
              {inBreachS > 0 && (
                <span className="block text-xs text-red">
                  {t.inBreach(f.duration(inBreachS * 1000), f.duration(holdS * 1000))}
                </span>
              )}
            </span>
            <span className="text-end">{gateText(gate, value, f)}</span>
            <StateMark state={state} />
          </li>
        ))}
      </ul>
      <p className="mt-2 flex justify-between gap-3">
        {t.autoPause}
        <span data-auto-pause={critical.length > 0} className={critical.length > 0 ? 'font-semibold text-red' : ''}>
          {critical.length > 0 ? t.autoPauseYes(names) : t.autoPauseNo}
        </span>
      </p>
    </>
  )
}

function LimitRows({ risk }: { risk: AnswerOf<'risk'> }) {
  const { m, f } = useLanguage()
  const { overview: t } = m
  const used = risk.limits
    .map((limit) => ({ ...limit, share: usedShare(limit) }))
    .filter(({ share }) => share !== null && share > 0)
  return (
    <div className="mt-3">
      <h3 className="text-xs">
        <Link to="/settings" className="text-accent underline">
          {t.limits}
        </Link>
      </h3>
      {used.length === 0 ? (
        <p>{t.noneUsed}</p>
      ) : (
        <ul>
          {used
            .toSorted((a, b) => (b.share ?? 0) - (a.share ?? 0))
            .slice(0, 5)
            .map(({ name, share, by }) => (
              <li key={name} className="flex justify-between gap-3 py-0.5">
                <span className="min-w-0 truncate" title={by ?? undefined}>
                  {(m.settings.limitNames as Record<string, string>)[name] ?? name}
                </span>
                <StateMark state={limitState(name, share ?? 0)} word={f.percent(share ?? 0)} />
              </li>
            ))}
        </ul>
      )}
    </div>
  )
}
