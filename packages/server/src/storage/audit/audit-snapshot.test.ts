import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { appendSegments, auditHouse, event } from './audit-fixtures.ts'
import { writeAuditSnapshot } from './audit-snapshot.ts'

const DAY = Date.UTC(2026, 0, 31)

it('a snapshot holds the whole UTC day as audit/list shows it, and can be made again', async () => {
  const { dataDir, location, openReader } = await auditHouse()
  const rows = Array.from({ length: 2_500 }, (_, at) => event({ ts: DAY + at }))
  const outside = [event({ ts: DAY - 1 }), event({ ts: DAY + 86_400_000 }), event({ ts: DAY, action: 'controller.tick' })]
  await appendSegments(location, 'api-1', [rows, outside])
  const reader = await openReader()
  for (const timeMs of [DAY, DAY + 86_399_999]) {
    const written = await writeAuditSnapshot({ reader, timeMs, folder: dataDir })
    expect(written).toEqual({ path: join(dataDir, 'audit_snapshot_20260131.json'), rows: 2_500 })
  }
  const { items, nextCursor } = JSON.parse(readFileSync(join(dataDir, 'audit_snapshot_20260131.json'), 'utf8'))
  expect(nextCursor).toBeNull()
  expect(items.map(({ id }: { id: string }) => id)).toEqual(rows.map((_, at) => `api-1-${2_500 - at}`))
})

it('a day without rows is an empty list', async () => {
  const { dataDir, openReader } = await auditHouse()
  const { path } = await writeAuditSnapshot({ reader: await openReader(), timeMs: DAY, folder: dataDir })
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ items: [], nextCursor: null })
})
