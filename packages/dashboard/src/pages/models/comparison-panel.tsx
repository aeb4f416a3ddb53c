import { useQuery } from '@tanstack/react-query'
import type { ModelComparison, ModelView } from '@spark/contract/models'
import { HeadRow, figures } from '../../components/head-row.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { ScrollTable } from '../../components/scroll-table.tsx'
import { useLanguage } from '../../i18n/language.tsx'
import type { Messages } from '../../i18n/messages.ts'
import { queries } from '../../queries.ts'

/** The newest candidate beside what is scored with, on the labels that both have. */
export function ComparisonPanel({ models }: { models: readonly ModelView[] }) {
  const { m } = useLanguage()
  const { models: t } = m
  const named = (alias: ModelView['aliases'][number]) => models.find(({ aliases }) => aliases.includes(alias))?.version
  const [champion, challenger] = [named('champion'), named('challenger')]
  return (
    <Panel title={t.compare} what={t.compareWhat}>
      {champion === undefined || challenger === undefined ? (
        <p className="text-muted">{t.noChallenger}</p>
      ) : (
        <Comparison first={challenger} second={champion} />
      )}
    </Panel>
  )
}

function Comparison({ first, second }: { first: string; second: string }) {
  const { m } = useLanguage()
  const query = useQuery(queries.modelComparison({ first, second }))
  return (
    <QueryView query={query} height="min-h-32">
      {(found) => (found.difference === null ? <p className="text-muted">{m.models.noPairs}</p> : <Figures found={found} />)}
    </QueryView>
  )
}

type Interval = { mean: number; low: number; high: number }

function Figures({ found }: { found: ModelComparison }) {
  const { m, f } = useLanguage()
  const { models: t } = m
  const between = (value: Interval | null, write: (value: number) => string) =>
    value === null ? '—' : `${write(value.mean)} (${write(value.low)} – ${write(value.high)})`
  const inRisk = (value: number) => f.number(value, 3)
  const inPercent = (value: number) => f.percent(value, 1)
  return (
    <>
      <ScrollTable label={t.compare}>
        <HeadRow columns={[t.model, figures(t.netReturn), figures(t.hitRate), figures(t.breakEven)]} />
        <tbody>
          {[found.first, found.second].map(({ model, netReturn, hitRate }) => (
            <tr key={model}>
              <th scope="row" className="font-mono">
                {model}
              </th>
              <td className="number">{between(netReturn, inRisk)}</td>
              <td className="number">{between(hitRate, inPercent)}</td>
              <td className="number">{hitRate === null ? '—' : inPercent(hitRate.breakEven)}</td>
            </tr>
          ))}
        </tbody>
      </ScrollTable>
      <p className="mt-2">
        {t.difference}: <span className="number">{between(found.difference, inRisk)}</span>.{' '}
        {t.pairs(f.number(found.labels), f.number(found.rounds))}
      </p>
      <p className="font-medium">{outcomeOf(found, t, f.number)}</p>
    </>
  )
}

function outcomeOf(
  { better, first, second, labels, labelsToTell, full }: ModelComparison,
  t: Messages['models'],
  write: (value: number) => string,
): string {
  if (better !== null) return t.earnsMore(better === 'first' ? first.model : second.model)
  if (full) return t.noLater
  if (labelsToTell === null) return t.cannotTell
  return t.missing(write(labelsToTell), write(Math.max(0, labelsToTell - labels)))
}
