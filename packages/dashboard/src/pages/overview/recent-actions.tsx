import { useQuery, useQueryClient } from '@tanstack/react-query'
import { memo, useCallback, useState } from 'react'
import type { AuditItem } from '@spark/contract/audit'
import { AuditDetails } from '../../components/audit-details.tsx'
import { Folded } from '../../components/folded.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { Moment } from '../../components/ago.tsx'
import { decisionMark } from '../../components/decision-mark.ts'
import { useLanguage } from '../../i18n/language.tsx'
import { whyText } from '../../i18n/why.ts'
import { useNow } from '../../live/now.ts'
import { perMinute } from '../../live/stream-state.ts'
import { queries } from '../../queries.ts'

const ROWS_SHOWN = 100
const NOTHING: readonly AuditItem[] = []
/** The playbook's target for the canary. */
const SCORES_EXPECTED = 10

/** The live stream of the audit, newest on top. It holds still while its reader has scrolled or opened a row. */
export function RecentActions() {
  const { m } = useLanguage()
  const { overview: t } = m
  const query = useQuery(queries.recent)
  const [held, setHeld] = useState<readonly AuditItem[] | null>(null)
  const live = query.data ?? NOTHING
  const shown = held ?? live
  const waiting = held === null ? 0 : live.filter(({ id }) => !held.some((one) => one.id === id)).length
  const client = useQueryClient()
  const hold = useCallback(
    (open: boolean) => setHeld((before) => (open ? (before ?? client.getQueryData(queries.recent.queryKey) ?? null) : null)),
    [client],
  )
  return (
    <Panel
      title={t.recent}
      what={<ScoreCounter live={live} />}
      className="h-[32rem]"
      actions={
        waiting > 0 ? (
          <button type="button" className="rounded bg-raised px-2 py-1 text-accent" onClick={() => setHeld(null)}>
            {t.held(waiting)}
          </button>
        ) : null
      }
    >
      <QueryView query={query} height="min-h-96">
        {() =>
          shown.length === 0 ? (
            <p className="text-muted">{t.noRecent}</p>
          ) : (
            <div
              className="min-h-0 flex-1 overflow-y-auto"
              tabIndex={0}
              role="group"
              aria-label={t.recent}
              onScroll={(event) => {
                const top = event.currentTarget.scrollTop === 0
                if (top && held !== null) setHeld(null)
                if (!top && held === null) setHeld(live)
              }}
            >
              <ul>
                {shown.slice(0, ROWS_SHOWN).map((item) => (
                  <RecentRow key={item.id} item={item} onOpen={hold} />
                ))}
              </ul>
            </div>
          )
        }
      </QueryView>
    </Panel>
  )
}

function ScoreCounter({ live }: { live: readonly AuditItem[] }) {
  const { m, f } = useLanguage()
  const scores = perMinute(live, 'ml.score', useNow())
  // With ML off none is what there should be.
  const isOff = useQuery(queries.installation).data?.mode === 'off'
  return (
    <span data-counter="scores">
      {m.overview.scoresPerMinute(f.number(scores))}
      {!isOff && ` · ${m.overview.scoresTarget(f.number(SCORES_EXPECTED))}`}
    </span>
  )
}

const RecentRow = memo(function RecentRow({ item, onOpen }: { item: AuditItem; onOpen: (open: boolean) => void }) {
  return (
    <li className="border-b border-line" data-action={item.action}>
      <Folded
        summaryClass="flex flex-wrap items-baseline gap-x-3 gap-y-0.5 py-1"
        summary={<RecentLine item={item} />}
        onOpen={onOpen}
      >
        {() => <AuditDetails item={item} />}
      </Folded>
    </li>
  )
})

function RecentLine({ item }: { item: AuditItem }) {
  const { m, f } = useLanguage()
  const { context } = item
  const confid = typeof context['confid'] === 'number' ? f.number(context['confid'], 2) : null
  const pass = context['pass']
  return (
    <>
      <span className="text-muted">
        <Moment ms={item.ts} seconds />
      </span>
      <span className="font-medium">{item.action}</span>
      <span className="min-w-0 truncate text-muted">{item.strategyId ?? item.actor}</span>
      <span className="ms-auto flex gap-3 whitespace-nowrap">
        {item._err !== undefined && <span className="text-red">{whyText(item._err, m.why)}</span>}
        {typeof context['decision'] === 'number' && <span>{decisionMark(context['decision'])}</span>}
        {confid !== null && <span>{confid}</span>}
        {typeof pass === 'boolean' && (
          <span className={pass ? 'text-muted' : 'text-amber'}>{pass ? `✓ ${m.overview.pass}` : `▲ ${m.overview.blocked}`}</span>
        )}
      </span>
    </>
  )
}
