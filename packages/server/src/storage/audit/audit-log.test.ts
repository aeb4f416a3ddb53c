import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it, onTestFinished } from 'vitest'
import { appendSegments, auditHouse, event } from './audit-fixtures.ts'
import { catchUpAuditIndex } from './audit-indexer.ts'
import { AuditLog } from './audit-log.ts'
import { openAuditSource } from './audit-source.ts'

const SEGMENTS = 40
const LONG = 'x'.repeat(500_000)

describe('audit log', () => {
  it.each([{ indexed: true }, { indexed: false }])(
    'a page holds its own lines alone, not the segments they stand in (indexed: $indexed)',
    async ({ indexed }) => {
      const { location } = await auditHouse()
      const segments = Array.from({ length: SEGMENTS }, (_, at) => [
        event({ ts: at, action: 'order.sent' }),
        event({ ts: at, context: { long: LONG } }),
      ])
      await appendSegments(location, 'api-1', segments)
      if (indexed) await catchUpAuditIndex(location)
      const log = new AuditLog(openAuditSource(location))
      onTestFinished(() => log.close())
      const ask = (limit: number) => log.page({ filter: { action: 'order.sent' }, direction: 'asc', limit, after: null })
      // Opens the files. One row only: the frame of an async function keeps the last awaited value alive.
      await ask(1)
      const before = heapAfterCollection()
      const page = await ask(1_000)
      const heldBytes = heapAfterCollection() - before
      expect(page.map(({ seq }) => seq)).toEqual(segments.map((_, at) => 2 * at + 1))
      expect(heldBytes).toBeLessThan(LONG.length * 3)
    },
  )
})

function heapAfterCollection(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  return process.memoryUsage().heapUsed
}
