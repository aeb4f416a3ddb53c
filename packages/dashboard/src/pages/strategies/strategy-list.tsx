import { useNavigate } from '@tanstack/react-router'
import { useVirtualizer } from '@tanstack/react-virtual'
import { memo, useCallback, useEffect, useRef, useState, type MouseEvent, type UIEvent } from 'react'
import { StateMark, type State } from '../../components/state-mark.tsx'
import { StrategyDialog, StrategyVerbs, type AskedVerb } from '../../components/strategy-buttons.tsx'
import { useLanguage } from '../../i18n/language.tsx'
import { whyText } from '../../i18n/why.ts'
import { usePermissions, type Permissions } from '../../session.ts'
import type { StrategyRow } from './strategy-rows.ts'

/** px; below this width of the list a row has three lines instead of one. */
const NARROW = 672
const ROW_HEIGHT = 56
const NARROW_ROW_HEIGHT = 116
/** px/ms, 70 rows a second: of what rushes by nobody reads more than where they are. */
const RUSH = 4
const STATES: Record<StrategyRow['status'], State> = { running: 'ok', paused: 'warning', stopped: 'no_data' }

export function StrategyList({ rows }: { rows: readonly StrategyRow[] }) {
  const { m } = useLanguage()
  const permissions = usePermissions()
  const [asked, setAsked] = useState<AskedVerb | null>(null)
  const open = useOpenStrategy()
  const place = useRef<HTMLDivElement>(null)
  const [narrow, setNarrow] = useState(false)
  useEffect(() => {
    const element = place.current
    if (element === null) return undefined
    const watch = new ResizeObserver(() => setNarrow(element.clientWidth < NARROW))
    watch.observe(element)
    return () => watch.disconnect()
  }, [])
  const rowHeight = narrow ? NARROW_ROW_HEIGHT : ROW_HEIGHT
  // A new function would have the places of all rows computed anew in each frame.
  const keyOf = useCallback((at: number) => rows[at]?.id ?? at, [rows])
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => place.current,
    estimateSize: () => rowHeight,
    overscan: 8,
    getItemKey: keyOf,
  })
  useEffect(() => virtual.measure(), [virtual, rowHeight])
  const { rushing, onScroll } = useRush(virtual.isScrolling)
  return (
    <div
      ref={place}
      onScroll={onScroll}
      className="@container min-h-0 flex-1 overflow-auto rounded-lg border border-line bg-surface"
      tabIndex={0}
      role="group"
      aria-label={m.trading.strategies}
    >
      <ul className="relative" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ key, index, start }) => {
          const row = rows[index]
          return (
            row !== undefined && (
              <li
                key={key}
                aria-setsize={rows.length}
                aria-posinset={index + 1}
                className="absolute inset-x-0 top-0 border-b border-line"
                style={{ height: rowHeight, top: start }}
              >
                <Row row={row} permissions={permissions} ask={setAsked} open={open} rushing={rushing} />
              </li>
            )
          )
        })}
      </ul>
      {asked !== null && <StrategyDialog asked={asked} onClose={() => setAsked(null)} />}
    </div>
  )
}

/** Whether the list is scrolled faster than anybody reads, until it stands still. */
function useRush(isScrolling: boolean): { rushing: boolean; onScroll: (event: UIEvent<HTMLElement>) => void } {
  const [rushed, setRushed] = useState(false)
  const seen = useRef({ px: 0, ms: 0 })
  if (rushed && !isScrolling) setRushed(false)
  const onScroll = useCallback(({ currentTarget, timeStamp }: UIEvent<HTMLElement>) => {
    const { px, ms } = seen.current
    seen.current = { px: currentTarget.scrollTop, ms: timeStamp }
    if (Math.abs(currentTarget.scrollTop - px) > RUSH * (timeStamp - ms)) setRushed(true)
  }, [])
  return { rushing: rushed && isScrolling, onScroll }
}

type OpenStrategy = (event: MouseEvent, id: string) => void

/** Opens its page in this tab, unless the browser was asked for more than that. */
function useOpenStrategy(): OpenStrategy {
  const navigate = useNavigate()
  return useCallback(
    (event, id) => {
      if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
      event.preventDefault()
      void navigate({ to: '/strategies/$id', params: { id } })
    },
    [navigate],
  )
}

interface RowProps {
  row: StrategyRow
  permissions: Permissions
  ask: (asked: AskedVerb) => void
  open: OpenStrategy
  rushing: boolean
}

/** What appears while the list rushes by is a name until it stands still. */
const Row = memo(function Row({ rushing, ...rest }: RowProps) {
  const [whole, setWhole] = useState(!rushing)
  if (!whole && !rushing) setWhole(true)
  return whole ? <WholeRow {...rest} /> : <div className="truncate px-3 py-4 text-muted">{rest.row.id}</div>
})

/** Asks nothing of the router or of queries itself: dozens begin and end in each frame of a scrolled list. */
const WholeRow = memo(function WholeRow({ row, permissions, ask, open }: Omit<RowProps, 'rushing'>) {
  const { m, f } = useLanguage()
  return (
    <div className="grid h-full grid-cols-[minmax(0,1fr)_auto] content-center items-center gap-x-2 gap-y-1 px-3 @2xl:grid-cols-[minmax(6rem,2fr)_7rem_6rem_6rem_auto] @4xl:grid-cols-[minmax(9rem,2fr)_8rem_7rem_6rem_7rem_auto]">
      <a
        href={`/strategies/${encodeURIComponent(row.id)}`}
        onClick={(event) => open(event, row.id)}
        className="min-w-0 truncate text-accent underline"
      >
        {row.id}
      </a>
      <span className="text-end @2xl:text-start">
        {row.symbol} <span className="text-muted">{row.tf}</span>
      </span>
      <span title={row.pauseReason === null ? undefined : whyText(row.pauseReason, m.why)}>
        <StateMark state={STATES[row.status]} word={m.trading.statuses[row.status]} />
      </span>
      <span className="hidden text-end @4xl:inline">{f.money(row.capital)}</span>
      <span className="text-end">
        {f.money(row.profit, true)} <span className="text-xs text-muted">{row.exposed ? 'ml' : 'base'}</span>
      </span>
      <span className="col-span-2 justify-self-end @2xl:col-span-1">
        <StrategyVerbs strategy={row} permissions={permissions} ask={ask} />
      </span>
    </div>
  )
})
