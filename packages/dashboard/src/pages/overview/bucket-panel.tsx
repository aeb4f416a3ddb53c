import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { StateMark, type State } from '../../components/state-mark.tsx'
import { useLanguage } from '../../i18n/language.tsx'
import { queries } from '../../queries.ts'
import { balanceOf, bucketsOf, type Balance, type Bucket } from './buckets.ts'

const STATES: Record<Balance, State> = { balanced: 'ok', skewed: 'warning', piled: 'critical' }

export function BucketPanel() {
  const { m, f } = useLanguage()
  const query = useQuery({ ...queries.recent, select: bucketsOf })
  const total = query.data?.reduce((sum, { count }) => sum + count, 0) ?? 0
  const balance = query.data === undefined ? null : balanceOf(query.data)
  return (
    <Panel
      title={m.overview.buckets}
      what={total === 0 ? m.overview.bucketsNone : m.overview.bucketsWhat(f.number(total))}
      className="min-h-44"
      actions={
        <Link to="/audit" search={{ action: 'ml.score' }} className="text-accent underline">
          {m.records.audit}
        </Link>
      }
    >
      <QueryView query={query} height="min-h-28">
        {(buckets) => (
          <>
            <Bars buckets={buckets} total={total} />
            {balance !== null && (
              <p className="mt-1.5">
                <StateMark state={balance === 'piled' && total < 30 ? 'no_data' : STATES[balance]} word={m.overview[balance]} />
              </p>
            )}
          </>
        )}
      </QueryView>
    </Panel>
  )
}

/** Bars with their numbers, as a table that looks like bars. */
function Bars({ buckets, total }: { buckets: readonly Bucket[]; total: number }) {
  const { m, f } = useLanguage()
  return (
    <table className="w-full">
      <caption className="sr-only">{m.overview.buckets}</caption>
      <tbody>
        {buckets.map(({ from, count }) => (
          <tr key={from}>
            <th scope="row" className="w-16 pe-2 text-start text-xs font-normal whitespace-nowrap text-muted">
              {f.number(from, 1)}–{f.number(from + 0.1, 1)}
            </th>
            <td>
              <svg viewBox="0 0 100 6" preserveAspectRatio="none" className="h-3 w-full" aria-hidden="true">
                <rect width="100" height="6" className="fill-raised" />
                <rect width={total === 0 ? 0 : (100 * count) / total} height="6" className="fill-muted" />
              </svg>
            </td>
            <td className="w-12 ps-2 text-end">{f.number(count)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
