import { useQuery } from '@tanstack/react-query'
import type { AnswerOf } from '@spark/contract/routes'
import { figures, HeadRow } from '../../components/head-row.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { ScrollTable } from '../../components/scroll-table.tsx'
import { useLanguage } from '../../i18n/language.tsx'
import { queries } from '../../queries.ts'
import { labelsMissing } from './labels-missing.ts'
import { MissingNote } from './missing-note.tsx'
import { PART_NAMES, PARTS } from './part-names.ts'

type Parts = AnswerOf<'calibrationParts'>

export function PartsPanel() {
  const { m, f } = useLanguage()
  const { calibration: t } = m
  const query = useQuery(queries.calibrationParts)
  return (
    <Panel title={t.parts} what={t.partsWhat(f.number(query.data?.labels ?? 0))} className="min-h-48">
      <QueryView query={query}>
        {(parts) => (labelsMissing(parts.labels) > 0 ? <MissingNote labels={parts.labels} /> : <HeatMap parts={parts} />)}
      </QueryView>
    </Panel>
  )
}

function HeatMap({ parts: { shares, dominant, correlations, withOutcome } }: { parts: Parts }) {
  const { m, f } = useLanguage()
  const { calibration: t } = m
  const name = (part: (typeof PARTS)[number]) => PART_NAMES[part]
  const dominantPart = PARTS.find((part) => part === dominant)
  return (
    <>
      <ScrollTable label={t.parts}>
        <HeadRow columns={[t.part, figures(t.share), ...PARTS.map((part) => figures(name(part))), figures(t.move)]} />
        <tbody>
          {PARTS.map((part) => (
            <tr key={part}>
              <th scope="row">{name(part)}</th>
              <td className="number">{shares === null ? '–' : f.percent(shares[part], 1)}</td>
              {PARTS.map((other) => (
                <Correlation key={other} value={correlations[part][other]} />
              ))}
              <Correlation value={withOutcome[part]} />
            </tr>
          ))}
        </tbody>
      </ScrollTable>
      <p className="mt-1.5">{dominantPart === undefined ? t.balanced : t.dominant(name(dominantPart))}</p>
    </>
  )
}

/** As strong as its ground: accent is with, amber is against; the number says it as well. */
function Correlation({ value }: { value: number | null }) {
  const { f } = useLanguage()
  return (
    <td className="number">
      <span className="relative inline-block min-w-14 px-1.5 py-0.5">
        <svg className="absolute inset-0 h-full w-full" aria-hidden="true">
          <rect
            width="100%"
            height="100%"
            rx="3"
            className={(value ?? 0) < 0 ? 'fill-amber-line' : 'fill-accent'}
            fillOpacity={0.35 * Math.abs(value ?? 0)}
          />
        </svg>
        <span className="relative">{value === null ? '–' : f.number(value, 2)}</span>
      </span>
    </td>
  )
}
