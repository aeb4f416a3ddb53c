import type { ModelView } from '@spark/contract/models'
import { HeadRow, figures } from '../../components/head-row.tsx'
import { Panel } from '../../components/panel.tsx'
import { TableBeside } from '../../components/table-beside.tsx'
import { useLanguage } from '../../i18n/language.tsx'
import { PARTS } from '../calibration/part-names.ts'
import { weightHistory, weightShapes, type Part } from './weight-history.ts'

const BOX = { width: 320, height: 110 }
const DIGITS = 3

/** How the weights moved from version to version, each with what its update believed of it. */
export function WeightHistoryPanel({ models }: { models: readonly ModelView[] }) {
  const { m } = useLanguage()
  const { models: t } = m
  const empty = PARTS.every((part) => weightHistory(models, part).length === 0)
  return (
    <Panel title={t.history} what={t.historyWhat}>
      {empty ? (
        <p className="text-muted">{t.noHistory}</p>
      ) : (
        <div className="grid gap-4 lg:grid-cols-3">
          {PARTS.map((part) => (
            <PartHistory key={part} models={models} part={part} />
          ))}
        </div>
      )}
    </Panel>
  )
}

function PartHistory({ models, part }: { models: readonly ModelView[]; part: Part }) {
  const { m, f } = useLanguage()
  const { models: t } = m
  const points = weightHistory(models, part)
  const { band, line, dots, zero, top, bottom } = weightShapes(points, BOX)
  const label = t.weightOf(t.parts[part])
  return (
    <div className="min-w-0">
      <h3 className="font-medium">{t.parts[part]}</h3>
      <div className="flex gap-2">
        <div className="number flex flex-col justify-between text-xs text-muted" aria-hidden="true">
          <span>{f.number(top, 2)}</span>
          <span>{f.number(bottom, 2)}</span>
        </div>
        <svg viewBox={`-6 -6 ${BOX.width + 12} ${BOX.height + 12}`} className="min-w-0 flex-1" role="img" aria-label={label}>
          <line x1={0} x2={BOX.width} y1={zero} y2={zero} stroke="var(--line)" />
          <polygon points={band} fill="var(--ml)" fillOpacity={0.2} />
          <polyline points={line} fill="none" stroke="var(--ml)" strokeWidth={1.5} />
          {dots.map(({ x, y }) => (
            <circle key={x} cx={x} cy={y} r={3} fill="var(--ml)" />
          ))}
        </svg>
      </div>
      <TableBeside label={label}>
        {() => (
          <>
            <HeadRow columns={[t.version, t.trained, figures(t.weight), figures(t.low), figures(t.high)]} />
            <tbody>
              {points.map(({ version, trainedAt, weight, low, high }) => (
                <tr key={version}>
                  <th scope="row" className="font-mono">
                    {version}
                  </th>
                  <td>{f.moment(trainedAt)}</td>
                  <td className="number">{f.number(weight, DIGITS)}</td>
                  <td className="number">{f.number(low, DIGITS)}</td>
                  <td className="number">{f.number(high, DIGITS)}</td>
                </tr>
              ))}
            </tbody>
          </>
        )}
      </TableBeside>
    </div>
  )
}
