import { Link } from '@tanstack/react-router'
import { useQuery } from '@tanstack/react-query'
import type { AuditItem } from '@spark/contract/audit'
import { Moment } from '../../components/ago.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { useLanguage } from '../../i18n/language.tsx'
import { whyText } from '../../i18n/why.ts'
import { queries } from '../../queries.ts'
import { WHY_NOT_ACTIONS, whyNotOf, type WhyNot } from './why-not.ts'

const ROWS_SHOWN = 30
const ROWS_READ = 20

/** Why a strategy did not trade, newest first. `decisions`: rows of its decisions, newest first. */
export function WhyNotPanel({ strategyId, decisions }: { strategyId: string; decisions: readonly AuditItem[] }) {
  const { m } = useLanguage()
  const { trading: t } = m
  const query = useQuery(queries.strategyAudit(strategyId, WHY_NOT_ACTIONS, ROWS_READ))
  return (
    <Panel title={t.whyNot} what={t.whyNotWhat} className="min-h-48">
      <QueryView query={query} height="min-h-32">
        {(items) => {
          const found = whyNotOf([...decisions, ...items]).slice(0, ROWS_SHOWN)
          if (found.length === 0) return <p className="text-muted">{t.whyNotNone}</p>
          return (
            <ul className="max-h-80 overflow-y-auto" tabIndex={0}>
              {found.map((one) => (
                <Row key={one.id} why={one} />
              ))}
            </ul>
          )
        }}
      </QueryView>
    </Panel>
  )
}

function Row({ why: { ts, firstTs, times, traceId, code, detail, confid } }: { why: WhyNot }) {
  const { m, f } = useLanguage()
  return (
    <li data-why={code} className="border-b border-line py-1">
      <p className="flex flex-wrap gap-x-3">
        <Moment ms={ts} />
        <span className="font-medium">{whyText(code, m.why)}</span>
        {confid !== null && <span>{f.number(confid, 2)}</span>}
        {traceId !== null && (
          <Link
            to="/audit"
            search={{ traceId, all: true }}
            className="ms-auto font-mono text-xs text-accent underline"
            title={traceId}
          >
            <span className="sr-only">{m.common.trace} </span>
            {traceId.slice(0, 8)}
          </Link>
        )}
      </p>
      {(detail !== null || times > 1) && (
        <p className="flex flex-wrap gap-x-3 text-xs text-muted">
          {detail !== null && <span lang="en">{detail}</span>}
          {times > 1 && <span>{m.trading.inARow(f.number(times), f.moment(firstTs))}</span>}
        </p>
      )}
    </li>
  )
}
