import { rmSync } from 'node:fs'
import { expect, it } from 'vitest'
import { appendSegments, auditHouse, event } from './audit-fixtures.ts'
import { auditIndexFile } from './audit-files.ts'
import { catchUpAuditIndex } from './audit-indexer.ts'

it('a reader answers the same after the index was deleted, and after it was rebuilt', async () => {
  const { dataDir, location, openReader } = await auditHouse()
  await appendSegments(location, 'api-1', [[event({ ts: 1 }), event({ ts: 2 })], [event({ ts: 3, strategyId: 's-2' })]])
  expect(await catchUpAuditIndex(location)).toEqual({ rows: 3 })
  const reader = await openReader()
  const before = await reader.list({ limit: 10 })
  for (const ending of ['', '-wal', '-shm']) rmSync(auditIndexFile(dataDir) + ending, { force: true })
  expect(await reader.list({ limit: 10 })).toEqual(before)
  expect(await catchUpAuditIndex(location)).toEqual({ rows: 3 })
  expect(await catchUpAuditIndex(location)).toEqual({ rows: 0 })
  expect(await reader.list({ limit: 10 })).toEqual(before)
})
