import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { ReportAnswer, ReportDocument } from '@spark/contract/report'
import { useCommand } from '../../commands.ts'
import { Button } from '../../components/button.tsx'
import { ConfirmDialog } from '../../components/confirm-dialog.tsx'
import { CriterionList } from '../../components/criterion-list.tsx'
import { figures, HeadRow } from '../../components/head-row.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { ScrollTable } from '../../components/scroll-table.tsx'
import { useLanguage } from '../../i18n/language.tsx'
import { queries } from '../../queries.ts'
import { usePermissions } from '../../session.ts'
import { MarkdownText } from './markdown-text.tsx'

/** One report: its criteria, the time in each band, and the whole of it as the playbook's template. */
export function ReportPanels({ id }: { id: string }) {
  const { m, language } = useLanguage()
  const { report: t } = m
  const query = useQuery(queries.report(id))
  const text = useQuery(queries.reportText(id, language))
  return (
    <QueryView query={query} height="min-h-96">
      {({ view, report }) =>
        report === null ? (
          <p>{t.notMade}</p>
        ) : (
          <div className="grid items-start gap-3 2xl:grid-cols-2" data-report={id}>
            <Panel title={t.text} actions={<Downloads id={id} />}>
              <SignButtons view={view} />
              <QueryView query={text} height="min-h-96">
                {(markdown) => <MarkdownText markdown={markdown} />}
              </QueryView>
            </Panel>
            <div className="grid content-start gap-3">
              <Panel title={t.criteria}>
                <CriterionList criteria={report.success} />
              </Panel>
              <Panel title={t.bands}>
                <Bands report={report} />
              </Panel>
            </div>
          </div>
        )
      }
    </QueryView>
  )
}

function Downloads({ id }: { id: string }) {
  const { m, language } = useLanguage()
  const { report: t } = m
  const of = (format: string) => `/api/reports/${id}?format=${format}&lang=${language}`
  const links = [
    [t.page, of('html'), undefined],
    ['Markdown', of('md'), undefined],
    // Without a name of its own the browser would show it instead.
    ['JSON', of('json'), `spark-report-${id}.json`],
    [t.evidence, `/api/reports/${id}/evidence`, undefined],
  ] as const
  return (
    <span className="flex flex-wrap gap-x-3">
      {links.map(([name, href, file]) => (
        <a key={name} className="text-accent underline" href={href} download={file ?? true}>
          {name}
        </a>
      ))}
    </span>
  )
}

type SignRoute = 'reportReview' | 'reportApprove'

function SignButtons({ view: { id, signatures } }: { view: ReportAnswer['view'] }) {
  const { m } = useLanguage()
  const { report: t } = m
  const run = useCommand()
  const { canReport, canApproveReports } = usePermissions()
  const [asked, setAsked] = useState<SignRoute | null>(null)
  const routes = [
    { route: 'reportReview', as: 'reviewed', name: t.review, may: canReport },
    { route: 'reportApprove', as: 'approved', name: t.approve, may: canApproveReports },
  ] as const
  const open = routes.filter(({ as }) => !signatures.some((one) => one.as === as))
  const name = routes.find(({ route }) => route === asked)?.name ?? ''
  return (
    <div className="flex flex-wrap gap-2">
      {open.map(({ route, name: label, may }) => (
        <Button key={route} why={may ? null : m.common.notPermitted} onClick={() => setAsked(route)}>
          {label}
        </Button>
      ))}
      {asked !== null && (
        <ConfirmDialog
          title={name}
          firstReason={m.rollout.fromDashboard}
          confirm={name}
          onConfirm={async (reason) => (await run(asked, { params: { id }, body: { reason } }, name)) !== null}
          onClose={() => setAsked(null)}
        >
          <p>{t.signWhat}</p>
        </ConfirmDialog>
      )}
    </div>
  )
}

function Bands({ report: { bands, period } }: { report: ReportDocument }) {
  const { m, f } = useLanguage()
  const { bandHead: head } = m.report
  const names = m.rollout.criterionNames as Record<string, string>
  const share = (ms: number) => f.percent(ms / (period.toMs - period.fromMs), 1)
  return (
    <ScrollTable label={m.report.bands}>
      <HeadRow columns={[head.figure, ...[head.good, head.warning, head.critical, head.noData].map(figures)]} />
      <tbody>
        {bands.map(({ gate, goodMs, warningMs, criticalMs, noDataMs }) => (
          <tr key={gate}>
            <td>{names[gate] ?? gate}</td>
            <td className="number">{share(goodMs)}</td>
            <td className="number">{share(warningMs)}</td>
            <td className="number">{share(criticalMs)}</td>
            <td className="number">{share(noDataMs)}</td>
          </tr>
        ))}
      </tbody>
    </ScrollTable>
  )
}
