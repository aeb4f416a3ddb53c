import { useQuery } from '@tanstack/react-query'
import type { AnswerOf } from '@spark/contract/routes'
import { figures, HeadRow } from '../../components/head-row.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { TableBeside } from '../../components/table-beside.tsx'
import { useLanguage } from '../../i18n/language.tsx'
import { queries } from '../../queries.ts'
import { historyLines, HEIGHT, WIDTH } from './history-lines.ts'

type Item = AnswerOf<'calibrationHistory'>['items'][number]

export function HistoryPanel() {
  const { m } = useLanguage()
  const { calibration: t } = m
  const query = useQuery(queries.calibrationHistory)
  return (
    <Panel title={t.history} what={t.historyWhat} className="min-h-64">
      <QueryView query={query} height="min-h-48">
        {({ items }) => (items.length === 0 ? <p className="text-muted">{t.historyNone}</p> : <History items={items} />)}
      </QueryView>
    </Panel>
  )
}

function History({ items }: { items: readonly Item[] }) {
  const { m, f } = useLanguage()
  const { calibration: t } = m
  const lines = historyLines(items)
  return (
    <>
      {lines === null ? (
        <p className="text-muted">{t.historyOne}</p>
      ) : (
        <>
          <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={t.history} className="max-h-56 w-full">
            <path d={lines.band} className="fill-accent" fillOpacity="0.18" />
            <path d={lines.zero} className="stroke-muted" strokeDasharray="4 3" fill="none" />
            <path d={lines.mean} className="stroke-accent" strokeWidth="2" fill="none" />
          </svg>
          <p className="flex justify-between text-xs text-muted">
            <span>{f.moment(items[0]?.at ?? 0)}</span>
            <span>
              {f.number(lines.low, 2)} … {f.number(lines.high, 2)}
            </span>
            <span>{f.moment(items.at(-1)?.at ?? 0)}</span>
          </p>
        </>
      )}
      <TableBeside label={t.history}>
        {() => (
          <>
            <HeadRow columns={[t.day, t.verdict, ...[t.labels, t.mean, t.from, t.to].map(figures)]} />
            <tbody>
              {items.toReversed().map(({ at, verdict, labels, netReturn }) => (
                <tr key={at}>
                  <td>{f.moment(at)}</td>
                  <td>{m.rollout.verdictNames[verdict]}</td>
                  <td className="number">{f.number(labels)}</td>
                  {(['mean', 'low', 'high'] as const).map((name) => (
                    <td key={name} className="number">
                      {netReturn === null ? '–' : f.number(netReturn[name], 3)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </>
        )}
      </TableBeside>
    </>
  )
}
