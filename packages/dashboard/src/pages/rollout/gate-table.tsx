import { useLocation } from '@tanstack/react-router'
import { useEffect } from 'react'
import { HeadRow, figures } from '../../components/head-row.tsx'
import { ScrollTable } from '../../components/scroll-table.tsx'
import type { GateView } from '../../gate-view.ts'
import { gateText, limitTexts } from '../../gate-view.ts'
import { StateMark } from '../../components/state-mark.tsx'
import { useLanguage } from '../../i18n/language.tsx'

/** Each gate with its limits, its newest slices and how long it has been critical. */
export function GateTable({ gates }: { gates: readonly GateView[] }) {
  const { m, f } = useLanguage()
  const { rollout: t } = m
  const hash = useLocation({ select: (location) => location.hash })
  // The router scrolls when it has loaded the page, and the gates of an address that was sent come after that.
  useEffect(() => document.getElementById(hash)?.scrollIntoView(), [hash])
  return (
    <ScrollTable label={t.gates}>
      <HeadRow
        columns={[
          t.gate,
          figures(t.value),
          t.state,
          figures(t.goodLimit),
          figures(t.criticalLimit),
          figures(t.inBreachOfHold),
          t.slices,
        ]}
      />
      <tbody>
        {gates.map(({ gate, value, state, good, critical, inBreachS, holdS, history }) => {
          const limits = limitTexts({ gate, good, critical }, f)
          return (
            <tr key={gate} id={`gate-${gate}`}>
              <th scope="row" className="!text-text">
                {m.common.gates[gate]}
              </th>
              <td className="number">{gateText(gate, value, f)}</td>
              <td className="whitespace-nowrap">
                <StateMark state={state} />
              </td>
              <td className="number">{limits.good}</td>
              <td className="number">{limits.critical}</td>
              <td className="number">
                {inBreachS > 0 ? f.duration(inBreachS * 1000) : '—'} / {f.duration(holdS * 1000)}
              </td>
              <td>
                <Slices history={history} />
              </td>
            </tr>
          )
        })}
      </tbody>
    </ScrollTable>
  )
}

const HEIGHTS: Record<string, number> = { O: 4, W: 8, B: 14, N: 1, D: 1, X: 1 }
const FILLS: Record<string, string> = { O: 'fill-muted', W: 'fill-amber-line', B: 'fill-red-line' }
const WIDTH = 4

/** Newest at the right: low is good, half is a warning, full is critical; a line where there is no data. */
function Slices({ history }: { history: string }) {
  const { m } = useLanguage()
  const { verdicts } = m.rollout
  const counts = [...new Set(Array.from(history))].map(
    (one) => `${verdicts[one] ?? one}: ${Array.from(history).filter((other) => other === one).length}`,
  )
  if (history === '') return <span className="text-muted">{m.common.states.no_data}</span>
  return (
    <svg width={history.length * WIDTH} height="14" role="img" aria-label={counts.join(', ')} className="block">
      <title>{counts.join(', ')}</title>
      {Array.from(history).map((verdict, at) => (
        <rect
          // Slices have no name but their place.
          key={`${at} ${verdict}`}
          x={at * WIDTH}
          y={14 - (HEIGHTS[verdict] ?? 1)}
          width={WIDTH - 1}
          height={HEIGHTS[verdict] ?? 1}
          className={FILLS[verdict] ?? 'fill-line'}
        />
      ))}
    </svg>
  )
}
