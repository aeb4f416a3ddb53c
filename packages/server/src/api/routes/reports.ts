import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { FastifyInstance } from 'fastify'
import type { ReportView } from '@spark/contract/report'
import { commandEvent } from '../../command-event.ts'
import { evidenceFile } from '../../report/report-files.ts'
import { reportHtml } from '../../report/report-html.ts'
import { reportMarkdown } from '../../report/report-markdown.ts'
import { periodOf } from '../../report/report-period.ts'
import type { Signed } from '../../report/report-text.ts'
import type { Signature, StoredReport } from '../../storage/report-store.ts'
import { ApiProblem } from '../api-problem.ts'
import type { ApiDeps } from '../deps.ts'
import { whoOf } from '../guard.ts'
import { handle } from '../handle.ts'
import { limitOf } from '../query.ts'

/** So many reports may wait at once. */
const WAITING_MAX = 5
const ROLLOUTS_MAX = 100

/** Reports: asked for here, made by the executor, read from their rows; the evidence is a file. */
export function reportRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const { reports, config } = deps
  handle(app, 'reports', async ({ query }) => ({ items: (await reports.list(limitOf(query.limit))).map(viewOf) }))
  handle(app, 'report', async ({ params: { id }, query: { format = 'json', lang = 'en' }, reply }) => {
    const found = await known(deps, id)
    const report = await reports.document(id)
    if (format === 'json') return { view: viewOf(found), report }
    if (report === null) throw new ApiProblem('unknown_id', `the report ${id} is not made`)
    // To be saved: the page has styles of its own, which the content security policy of this origin refuses.
    reply.header('content-disposition', `attachment; filename="spark-report-${id}.${lang}.${format}"`)
    if (format === 'md') return reply.type('text/markdown; charset=utf-8').send(reportMarkdown(report, signedBy(found), lang))
    return reply.type('text/html; charset=utf-8').send(reportHtml(report, signedBy(found), lang))
  })
  handle(app, 'reportEvidence', async ({ params: { id }, reply }) => {
    const { evidence } = await known(deps, id)
    const path = evidenceFile(config.dataDir, id)
    // What a killed process left without its row is none.
    const size = evidence === null ? null : await sizeOf(path)
    if (size === null) throw new ApiProblem('unknown_id', `the report ${id} has no evidence`)
    reply.header('content-disposition', `attachment; filename="spark-evidence-${id}.zip"`).header('content-length', size)
    return reply.send(createReadStream(path))
  })
  askRoute(app, deps)
  handle(app, 'reportReview', (call) => sign(deps, call, 'reviewed'))
  handle(app, 'reportApprove', (call) => sign(deps, call, 'approved'))
}

function askRoute(app: FastifyInstance, { reports, desk, clock }: ApiDeps): void {
  const { db, queue, outbox, rollouts } = desk
  handle(app, 'reportAsk', async ({ body: { reason = null, ...ask }, request }) => {
    const ts = clock.nowMs()
    const rollout =
      ask.kind === 'rollout' ? ((await rollouts.list(ROLLOUTS_MAX)).find(({ id }) => id === ask.rollout) ?? null) : null
    if (ask.kind === 'rollout' && rollout === null) throw new ApiProblem('unknown_id', `there is no rollout ${ask.rollout ?? ''}`)
    const named = periodOf(ask, rollout, ts)
    if ('problem' in named) throw new ApiProblem('bad_request', named.problem)
    const { id, period } = named
    await db.transaction().execute(async (trx) => {
      if ((await reports.waiting(trx)).length >= WAITING_MAX)
        throw new ApiProblem('too_many_things', `${WAITING_MAX} reports wait`)
      // Done, or on its way: the same period is not reported twice.
      if (!(await reports.ask(trx, { id, period, askedBy: request.principal, askedAt: ts }))) return
      await queue.enqueue(trx, { queue: 'job', key: `report ${id}`, payload: { report: id } })
      await outbox.add(trx, [
        commandEvent(whoOf(request), { ts, action: 'report.asked', context: { report: id, ...ask, reason } }),
      ])
    })
    return { id }
  })
}

async function sign(
  deps: ApiDeps,
  { params: { id }, body: { reason }, request }: SignCall,
  as: Signature['as'],
): Promise<{ ok: true }> {
  const { desk, reports, clock } = deps
  const ts = clock.nowMs()
  // A person's tokens are the same person.
  const by = request.caller.user?.name ?? whoOf(request).actor
  await desk.db.transaction().execute(async (trx) => {
    const found = await reports.get(id, trx)
    if (found === null || found.state !== 'done') throw new ApiProblem('unknown_id', `there is no report ${id} that is made`)
    const other = found.signatures.find((one) => one.by === by && one.as !== as)
    if (other !== undefined)
      throw new ApiProblem('bad_request', `${by} has ${other.as} it: the other signature takes another person`)
    const already = found.signatures.find((one) => one.as === as)
    if (already !== undefined) throw new ApiProblem('bad_request', `${already.by} has ${as} it already`)
    await reports.sign(trx, id, { as, by, at: ts })
    await desk.outbox.add(trx, [
      commandEvent(whoOf(request), { ts, action: `report.${as}`, context: { report: id, reason: reason ?? null } }),
    ])
  })
  return { ok: true }
}

interface SignCall {
  params: { id: string }
  body: { reason?: string }
  request: Parameters<typeof whoOf>[0]
}

async function known({ reports }: ApiDeps, id: string): Promise<StoredReport> {
  const found = await reports.get(id)
  if (found === null) throw new ApiProblem('unknown_id', `there is no report ${id}`)
  return found
}

function viewOf({ period, ...report }: StoredReport): ReportView {
  return { ...report, ...period }
}

function signedBy({ signatures }: StoredReport): Signed {
  const by = (as: Signature['as']) => signatures.find((one) => one.as === as)?.by ?? null
  return { reviewed: by('reviewed'), approved: by('approved') }
}

/** Null: there is no such file. */
async function sizeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
