import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import type { AuditItem } from '@spark/contract/audit'
import { AuditQueryError, type AuditFilter } from '../../storage/audit/audit-query.ts'
import { commandEvent } from '../../command-event.ts'
import { ApiProblem } from '../api-problem.ts'
import { csvLine } from '../csv.ts'
import type { ApiDeps } from '../deps.ts'
import { whoOf } from '../guard.ts'
import { handle } from '../handle.ts'
import { timeOf } from '../query.ts'

const CSV_COLUMNS = ['id', 'ts', 'timestamp', 'action', 'actor', 'strategyId', 'traceId', 'result', '_err', 'context'] as const

export function auditRoutes(app: FastifyInstance, deps: ApiDeps): void {
  handle(app, 'auditList', async ({ body }) => {
    const { limit = 100, cursor, all, ...rest } = body
    try {
      return await deps.auditReader.list({
        ...filterOf(rest),
        limit,
        ...(cursor === undefined ? {} : { cursor }),
        ...(all === undefined ? {} : { all }),
      })
    } catch (error) {
      if (error instanceof AuditQueryError && error.code === 'invalid_cursor')
        throw new ApiProblem('invalid_cursor', undefined, { cause: error })
      throw error
    }
  })
  handle(app, 'auditVerify', async ({ body, request }) => {
    const { db, queue, outbox } = deps.desk
    const ts = deps.clock.nowMs()
    const last = (await deps.jobRuns.last()).find(({ job }) => job === 'integrity')
    await db.transaction().execute(async (trx) => {
      // One that runs says what there is to say. Whoever asks after the same run asks for the same one: one waits at most.
      if (last === undefined || last.endedAt !== null)
        await queue.enqueue(trx, {
          queue: 'job',
          key: `job integrity after ${last?.startedAt ?? 'none'}`,
          payload: { job: 'integrity', askedBy: request.principal },
        })
      await outbox.add(trx, [
        commandEvent(whoOf(request), { ts, action: 'audit.verify_asked', context: { reason: body.reason ?? null } }),
      ])
    })
    return { ok: true as const }
  })
  handle(app, 'auditExport', ({ query, reply }) => {
    const { format = 'ndjson', ...rest } = query
    const rows = deps.auditReader.exportRows({ ...filterOf(rest), all: true })
    if (format === 'csv') reply.type('text/csv; charset=utf-8')
    reply.header('content-disposition', `attachment; filename="spark-audit.${format}"`)
    return reply.send(Readable.from(format === 'csv' ? csvLines(rows) : jsonLines(rows), { objectMode: false }))
  })
}

interface RawFilter {
  action?: string
  strategyId?: string
  traceId?: string
  from?: number | string
  to?: number | string
}

function filterOf({ from, to, ...rest }: RawFilter): AuditFilter {
  return {
    ...rest,
    ...(from === undefined ? {} : { from: timeOf(from, 'from') }),
    ...(to === undefined ? {} : { to: timeOf(to, 'to') }),
  }
}

async function* jsonLines(rows: AsyncIterable<AuditItem>): AsyncGenerator<string> {
  for await (const row of rows) yield `${JSON.stringify(row)}\n`
}

async function* csvLines(rows: AsyncIterable<AuditItem>): AsyncGenerator<string> {
  yield csvLine([...CSV_COLUMNS])
  for await (const row of rows)
    yield csvLine(CSV_COLUMNS.map((column) => (column === 'context' ? JSON.stringify(row.context) : row[column])))
}
