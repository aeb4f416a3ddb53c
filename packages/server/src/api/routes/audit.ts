import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import type { AuditItem } from '@spark/contract/audit'
import { AuditQueryError, type AuditFilter } from '../../storage/audit/audit-query.ts'
import { ApiProblem } from '../api-problem.ts'
import { csvLine } from '../csv.ts'
import type { ApiDeps } from '../deps.ts'
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
