import { useQuery } from '@tanstack/react-query'
import type { AnswerOf } from '@spark/contract/routes'
import { HeadRow } from '../../components/head-row.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { ScrollTable } from '../../components/scroll-table.tsx'
import { useLanguage } from '../../i18n/language.tsx'
import { queries } from '../../queries.ts'

const SHOWN = 20

export function MarkersPanel() {
  const { m } = useLanguage()
  const { calibration: t } = m
  const query = useQuery(queries.calibrationMarkers)
  return (
    <Panel title={t.markers} what={t.markersWhat} className="min-h-32">
      <QueryView query={query}>
        {({ markers, problems }) => (
          <>
            {markers.length === 0 ? <p className="text-muted">{t.markersNone}</p> : <Markers markers={markers.slice(0, SHOWN)} />}
            {problems.length > 0 && (
              <div className="mt-2 text-amber">
                <p>{t.badLines}</p>
                <ul lang="en" className="break-words">
                  {problems.map((problem) => (
                    <li key={problem}>{problem}</li>
                  ))}
                </ul>
              </div>
            )}
          </>
        )}
      </QueryView>
    </Panel>
  )
}

function Markers({ markers }: Pick<AnswerOf<'calibrationMarkers'>, 'markers'>) {
  const { m, f } = useLanguage()
  const { calibration: t } = m
  return (
    <ScrollTable label={t.markers}>
      <HeadRow columns={[t.from, t.to, t.kind, t.fact, t.means]} />
      <tbody>
        {markers.map(({ line, from, to, kind, fact, leaveOut }) => (
          <tr key={line}>
            <td className="whitespace-nowrap">{f.moment(from)}</td>
            <td className="whitespace-nowrap">{to === null ? '–' : f.moment(to)}</td>
            <td>{kind}</td>
            <td>{fact}</td>
            <td>{leaveOut ? t.leaveOut : t.lookAt}</td>
          </tr>
        ))}
      </tbody>
    </ScrollTable>
  )
}
