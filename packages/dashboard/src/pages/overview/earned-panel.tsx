import { useQuery } from '@tanstack/react-query'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { useLanguage } from '../../i18n/language.tsx'
import { queries } from '../../queries.ts'
import { differs, earnedSince, spreadOf, type Spread } from './earned.ts'

/** What ML earned against the baseline since the rollout began, in money, with its uncertainty. */
export function EarnedPanel() {
  const { m } = useLanguage()
  const { overview: t } = m
  const rollout = useQuery(queries.rollout).data
  const startedAt = rollout !== undefined && rollout.id !== null ? rollout.startedAt : null
  const positions = useQuery(queries.positions)
  return (
    <Panel title={t.earned} what={t.earnedWhat} className="min-h-32 sm:col-span-2 xl:col-span-1">
      <QueryView query={positions} height="min-h-20">
        {({ profits }) => {
          const ml = spreadOf(profits, 'ml')
          const baseline = spreadOf(profits, 'baseline')
          if (startedAt === null || ml === null) return <p className="text-muted">{t.earnedNone}</p>
          return (
            <>
              <dl className="grid grid-cols-2 gap-2">
                <Arm name="ml" scope="arm:ml" fromMs={startedAt} spread={ml} />
                <Arm name="baseline" scope="arm:baseline" fromMs={startedAt} spread={baseline} />
              </dl>
              {(baseline === null || !differs(ml, baseline)) && <p className="mt-1 text-xs text-muted">{t.earnedUnproven}</p>}
            </>
          )
        }}
      </QueryView>
    </Panel>
  )
}

interface ArmProps {
  name: string
  scope: string
  fromMs: number
  spread: Spread | null
}

function Arm({ name, scope, fromMs, spread }: ArmProps) {
  const { m, f } = useLanguage()
  const { data } = useQuery(queries.equity({ scope, from: String(fromMs) }))
  const earned = data === undefined ? null : earnedSince(data.points, fromMs)
  return (
    <div>
      <dt className="text-muted">{name}</dt>
      <dd className="text-lg font-semibold">{earned === null ? '—' : f.money(earned, true)}</dd>
      {spread !== null && (
        <dd className="text-xs text-muted">
          {f.money(spread.mean, true)}
          {spread.plusMinus !== null && ` ± ${f.money(spread.plusMinus)}`} {m.overview.perStrategy} ({f.number(spread.count)})
        </dd>
      )}
    </div>
  )
}
