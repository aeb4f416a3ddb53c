import { HeadRow, figures } from '../../components/head-row.tsx'
import { useQuery } from '@tanstack/react-query'
import type { RehearsalReport } from '@spark/contract/rehearsal'
import { CriterionList } from '../../components/criterion-list.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { ScrollTable } from '../../components/scroll-table.tsx'
import { StateMark, type State } from '../../components/state-mark.tsx'
import { useLanguage } from '../../i18n/language.tsx'
import { queries } from '../../queries.ts'
import { shareWords } from '@spark/contract/speech/reason-words'
import { toldWords } from '@spark/contract/speech/told-words'
import { faultWords, personWords } from '../../told-words.ts'

type Report = NonNullable<RehearsalReport['report']>

/** One rehearsal: how it ended, its steps, what was checked, and what happened when. */
export function ReportPanels({ id }: { id: string }) {
  const { m, f } = useLanguage()
  const { rehearsal: t } = m
  const query = useQuery(queries.rehearsal(id))
  return (
    <QueryView query={query} height="min-h-96">
      {({ rehearsal, report }) =>
        report === null ? (
          <p>{t.states[rehearsal.state]}</p>
        ) : (
          <div className="grid gap-3 xl:grid-cols-2" data-report={id}>
            <Panel
              title={`${t.seedIs(String(rehearsal.seed))}: ${m.rollout.phases[report.phase as keyof typeof m.rollout.phases] ?? report.phase}`}
              what={t.lasted(f.duration(report.lastedMs))}
              actions={
                <a className="text-accent underline" href={`/api/rehearsals/${id}/page`} download>
                  {t.page}
                </a>
              }
            >
              <p>{toldWords(report.said, { m, f })}</p>
              {report.judged !== null && (
                <p>
                  {t.judged(
                    rehearsal.model ?? '',
                    m.rollout.verdictNames[report.judged.verdict],
                    f.number(report.judged.labels),
                    f.number(report.judged.rounds),
                  )}
                </p>
              )}
              <Steps steps={report.steps} />
            </Panel>
            <div className="grid content-start gap-3">
              <Panel title={t.checks}>
                <Checks problems={report.problems} />
              </Panel>
              <Panel title={t.criteria}>
                <CriterionList criteria={report.criteria} />
              </Panel>
            </div>
            <Panel title={t.timeline} className="xl:col-span-2">
              <Timeline entries={report.timeline} />
            </Panel>
          </div>
        )
      }
    </QueryView>
  )
}

function Steps({ steps }: { steps: Report['steps'] }) {
  const { m, f } = useLanguage()
  const phases = m.rollout.phases as Record<string, string>
  const { rehearsal: t } = m
  return (
    <ScrollTable label={t.steps}>
      <HeadRow columns={[t.step, ...[t.from, t.to, t.exposed, t.orders].map(figures)]} />
      <tbody>
        {steps.map(({ name, fromMs, toMs, exposed, ml, baseline }) => (
          <tr key={fromMs}>
            <td>{phases[name.replace(' ', '_')] ?? shareWords(name, { m, f })}</td>
            <td className="number">{f.clock(fromMs)}</td>
            <td className="number">{f.clock(toMs)}</td>
            <td className="number">{f.number(exposed)}</td>
            <td className="number">
              {f.number(ml)} / {f.number(baseline)}
            </td>
          </tr>
        ))}
      </tbody>
    </ScrollTable>
  )
}

function Checks({ problems }: { problems: Report['problems'] }) {
  const { m } = useLanguage()
  if (problems.length === 0) return <p>{m.rehearsal.checksHold}</p>
  return (
    <ul lang="en">
      {problems.map((problem) => (
        <li key={problem} className="break-words text-red">
          {problem}
        </li>
      ))}
    </ul>
  )
}

type Entry = Report['timeline'][number]

function markOf({ kind, text }: Entry): State {
  if (kind === 'alert') return text.startsWith('red') ? 'critical' : text.startsWith('yellow') ? 'warning' : 'ok'
  return kind === 'fault' ? 'warning' : 'ok'
}

function entryWords({ kind, text }: Entry, speech: Parameters<typeof faultWords>[1]): string {
  if (kind === 'fault') return faultWords(text, speech)
  return kind === 'person' ? personWords(text, speech) : toldWords(text, speech)
}

function Timeline({ entries }: { entries: readonly Entry[] }) {
  const { m, f } = useLanguage()
  const { rehearsal: t } = m
  return (
    <ol className="max-h-[32rem] overflow-y-auto" tabIndex={0} aria-label={t.timeline}>
      {entries.map((entry, at) => (
        <li
          // oxlint-disable-next-line react/no-array-index-key
          key={at}
          className="grid grid-cols-[4rem_1fr] items-baseline gap-x-2 border-b border-line py-1 sm:grid-cols-[4.5rem_6rem_1fr]"
          data-entry={entry.kind}
        >
          <span className="text-end">{f.clock(entry.sinceMs)}</span>
          <StateMark state={markOf(entry)} word={t.entries[entry.kind]} />
          <span className="col-span-2 min-w-0 break-words sm:col-span-1">{entryWords(entry, { m, f })}</span>
        </li>
      ))}
    </ol>
  )
}
