import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { useLanguage } from '../../i18n/language.tsx'
import { queries } from '../../queries.ts'
import { useQuote } from '../../quote.ts'
import { differs, earnedOf, type Earned } from './earned.ts'

/** What ML earned against the baseline since the rollout began, in money with its uncertainty: both of the same fills. */
export function EarnedPanel() {
  const { m } = useLanguage()
  const { overview: t } = m
  const rollout = useQuery(queries.rollout)
  const startedAt = rollout.data !== undefined && rollout.data.id !== null ? rollout.data.startedAt : null
  const query = useQuery({ ...queries.earned({ from: String(startedAt) }), enabled: startedAt !== null })
  return (
    <Panel
      title={t.earned}
      what={t.earnedWhat}
      className="min-h-32 sm:col-span-2 xl:col-span-1"
      actions={
        <Link to="/reports" className="text-accent underline">
          {m.report.title}
        </Link>
      }
    >
      <QueryView query={rollout} height="min-h-20">
        {({ id }) =>
          id === null ? (
            <p className="text-muted">{t.earnedNone}</p>
          ) : (
            <QueryView query={query} height="min-h-20">
              {({ items }) => {
                const ml = earnedOf(items, 'ml')
                const baseline = earnedOf(items, 'baseline')
                if (ml === null) return <p className="text-muted">{t.earnedNone}</p>
                return (
                  <>
                    <dl className="grid grid-cols-2 gap-2">
                      <Arm name="ml" earned={ml} />
                      <Arm name="baseline" earned={baseline} />
                    </dl>
                    {(baseline === null || !differs(ml, baseline)) && (
                      <p className="mt-1 text-xs text-muted">{t.earnedUnproven}</p>
                    )}
                  </>
                )
              }}
            </QueryView>
          )
        }
      </QueryView>
    </Panel>
  )
}

function Arm({ name, earned }: { name: string; earned: Earned | null }) {
  const { m, f } = useLanguage()
  const quote = useQuote()
  if (earned === null)
    return (
      <div>
        <dt className="text-muted">{name}</dt>
        <dd className="text-lg font-semibold">—</dd>
      </div>
    )
  const { count, sum, mean, meanPlusMinus } = earned
  const plusMinus = (of: number) => (meanPlusMinus === null ? '' : ` ± ${f.money(of * meanPlusMinus)}`)
  return (
    <div>
      <dt className="text-muted">{name}</dt>
      <dd>
        <span className="text-lg font-semibold whitespace-nowrap">{f.money(sum, true)}</span>
        <span className="whitespace-nowrap">
          {plusMinus(count)} {quote}
        </span>
      </dd>
      <dd className="text-xs text-muted">
        {f.money(mean, true)}
        {plusMinus(1)} {m.overview.perStrategy} ({f.number(count)})
      </dd>
    </div>
  )
}
