import { useQuery } from '@tanstack/react-query'
import type { AnswerOf } from '@spark/contract/routes'
import { figures, HeadRow } from '../../components/head-row.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { ScrollTable } from '../../components/scroll-table.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { useLanguage } from '../../i18n/language.tsx'
import { queries } from '../../queries.ts'
import { PART_NAMES } from './part-names.ts'

type Drift = AnswerOf<'calibrationDrift'>

export function DriftPanel() {
  const { m } = useLanguage()
  const { calibration: t } = m
  const query = useQuery(queries.calibrationDrift)
  return (
    <Panel title={t.drift} what={t.driftWhat} className="min-h-32">
      <QueryView query={query}>{(drift) => <DriftView drift={drift} />}</QueryView>
    </Panel>
  )
}

function DriftView({ drift: { reference, features } }: { drift: Drift }) {
  const { m, f } = useLanguage()
  const { calibration: t } = m
  if (reference === null) return <p className="text-muted">{t.driftNoReference}</p>
  const { origin, from, to, values } = reference
  return (
    <>
      {features.length === 0 ? (
        <p className="text-muted">{t.driftNoLook}</p>
      ) : (
        <ScrollTable label={t.drift}>
          <HeadRow columns={[t.feature, ...[t.labels, t.index, t.threshold].map(figures), t.verdict]} />
          <tbody>
            {features.map(({ feature, values: labels, index, threshold, drifted }) => (
              <tr key={feature}>
                <th scope="row">{feature === 'volatility' ? t.volatility : PART_NAMES[feature]}</th>
                <td className="number">{f.number(labels)}</td>
                <td className="number">{f.number(index, 3)}</td>
                <td className="number">{f.number(threshold, 3)}</td>
                <td>
                  <StateMark state={drifted ? 'warning' : 'ok'} word={drifted ? t.drifted : t.still} />
                </td>
              </tr>
            ))}
          </tbody>
        </ScrollTable>
      )}
      <p className="mt-1.5 text-xs text-muted">
        {t.driftCompared(t.driftOrigin[origin], f.moment(from), f.moment(to), f.number(values))}
      </p>
    </>
  )
}
