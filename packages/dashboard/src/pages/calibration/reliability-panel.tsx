import { useQuery } from '@tanstack/react-query'
import type { AnswerOf } from '@spark/contract/routes'
import { figures, HeadRow } from '../../components/head-row.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { ScrollTable } from '../../components/scroll-table.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { useLanguage } from '../../i18n/language.tsx'
import { queries } from '../../queries.ts'
import { BUCKET_LABELS_MIN, labelsMissing } from './labels-missing.ts'
import { MissingNote } from './missing-note.tsx'
import { across, diagram, LEFT, SIDE, SIZE, TOP, up } from './reliability-diagram.ts'

type Reliability = AnswerOf<'calibrationReliability'>

export function ReliabilityPanel() {
  const { m } = useLanguage()
  const { calibration: t } = m
  const query = useQuery(queries.calibrationReliability)
  return (
    <Panel title={t.reliability} what={t.reliabilityWhat} className="min-h-96">
      <QueryView query={query} height="min-h-80">
        {(found) =>
          labelsMissing(found.labels) > 0 ? (
            <MissingNote labels={found.labels} />
          ) : (
            <div className="grid grid-cols-[minmax(0,1fr)] gap-3">
              <Diagram points={found.points} />
              <Buckets points={found.points} />
              <Errors found={found} />
              <Streams streams={found.streams} />
            </div>
          )
        }
      </QueryView>
    </Panel>
  )
}

const TICKS = [0, 0.25, 0.5, 0.75, 1]

function Diagram({ points }: Pick<Reliability, 'points'>) {
  const { m, f } = useLanguage()
  const { dots, steps } = diagram(points)
  return (
    <svg viewBox={`0 0 ${SIZE} ${SIZE}`} role="img" aria-label={m.calibration.diagram} className="mx-auto w-full max-w-md">
      <rect x={LEFT} y={TOP} width={SIDE} height={SIDE} className="fill-raised" />
      <path d={`M${across(0)} ${up(0)}L${across(1)} ${up(1)}`} className="stroke-muted" strokeDasharray="4 3" fill="none" />
      {TICKS.map((tick) => (
        <g key={tick} className="fill-muted text-[10px]">
          <text x={across(tick)} y={TOP + SIDE + 14} textAnchor="middle">
            {f.number(tick, 2)}
          </text>
          <text x={LEFT - 3} y={up(tick) + 3} textAnchor="end">
            {f.number(tick, 2)}
          </text>
        </g>
      ))}
      <path d={steps} className="stroke-ml" strokeWidth="1.5" fill="none" />
      {dots.map(({ bucket, x, y, low, high, few }) => (
        <g key={bucket} className="fill-accent stroke-accent">
          <path d={`M${x} ${low}V${high}M${x - 4} ${low}h8M${x - 4} ${high}h8`} strokeWidth="1.5" />
          <circle cx={x} cy={y} r="4.5" strokeWidth="1.5" fillOpacity={few ? 0 : 1} />
        </g>
      ))}
    </svg>
  )
}

function Buckets({ points }: Pick<Reliability, 'points'>) {
  const { m, f } = useLanguage()
  const { calibration: t } = m
  const share = (value: number) => f.percent(value, 1)
  return (
    <ScrollTable label={t.buckets}>
      <HeadRow columns={[t.bucket, ...[t.labels, t.confidence, t.hitRate, t.interval, t.fitted].map(figures)]} />
      <tbody>
        {points.map(({ bucket, labels, meanConfid, hitRate, low, high, fitted }) => (
          <tr key={bucket}>
            <td>
              {f.number(bucket, 1)}–{f.number(bucket + 0.1, 1)}
            </td>
            <td className="number">
              {labels < BUCKET_LABELS_MIN && <span className="text-muted">{t.few} </span>}
              {f.number(labels)}
            </td>
            <td className="number">{share(meanConfid)}</td>
            <td className="number">{share(hitRate)}</td>
            <td className="number">
              {share(low)} – {share(high)}
            </td>
            <td className="number">{share(fitted)}</td>
          </tr>
        ))}
      </tbody>
    </ScrollTable>
  )
}

function Errors({ found: { calibrationError, calibrated, brierParts } }: { found: Reliability }) {
  const { m, f } = useLanguage()
  const { calibration: t } = m
  const beyond = calibrationError !== null && calibrated !== null && calibrationError > calibrated.percentile95
  const part = (value: number) => f.number(value, 4)
  return (
    <dl className="grid gap-x-3 gap-y-1 sm:grid-cols-[10rem_1fr]">
      {calibrationError !== null && calibrated !== null && (
        <>
          <dt className="text-muted">{t.error}</dt>
          <dd>
            {f.percent(calibrationError, 1)}{' '}
            <StateMark state={beyond ? 'warning' : 'ok'} word={beyond ? t.errorBeyond : t.errorWithin} />
            <p className="text-xs text-muted">{t.errorNull(f.percent(calibrated.percentile95, 1))}</p>
          </dd>
        </>
      )}
      {brierParts !== null && (
        <>
          <dt className="text-muted">{t.brier}</dt>
          <dd>
            {part(brierParts.brier)}
            <p className="text-xs text-muted">
              {t.brierParts(
                part(brierParts.reliability),
                part(brierParts.resolution),
                part(brierParts.uncertainty),
                part(brierParts.withinBuckets),
              )}
            </p>
          </dd>
        </>
      )}
    </dl>
  )
}

function Streams({ streams }: Pick<Reliability, 'streams'>) {
  const { m, f } = useLanguage()
  const { calibration: t } = m
  return (
    <ScrollTable label={t.streams}>
      <HeadRow columns={[t.stream, ...[t.labels, t.hitRate, t.netBps].map(figures)]} />
      <tbody>
        {streams.map(({ symbol, tf, labels, hitRate, breakEven, netReturn }) => (
          <tr key={`${symbol} ${tf}`}>
            <td>
              {symbol} {tf}
            </td>
            <td className="number">{f.number(labels)}</td>
            <td className="number">
              {f.percent(hitRate, 1)} <span className="text-xs text-muted">({t.breakEven(f.percent(breakEven, 1))})</span>
            </td>
            <td className="number">{f.number(10_000 * netReturn, 1)}</td>
          </tr>
        ))}
      </tbody>
    </ScrollTable>
  )
}
