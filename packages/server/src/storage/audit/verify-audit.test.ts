import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { chainHash, GENESIS_HASH } from '@spark/core/audit/chain'
import { describe, expect, it, onTestFinished } from 'vitest'
import { sha256 } from '../../sha256.ts'
import { openMainDatabase } from '../open-main-database.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { appendSegments, tamper } from './audit-fixtures.ts'
import { auditFile, openAuditFileForReading } from './audit-files.ts'
import { openAuditReader } from './audit-reader.ts'
import { openCheckpointStore } from './checkpoint-store.ts'
import { placesOf, SEGMENTS, TAMPERINGS } from './tamperings-fixture.ts'
import { verifyAudit } from './verify-audit.ts'

async function intactHouse(): Promise<string> {
  const dataDir = temporaryFolder()
  await appendSegments({ dataDir }, 'api-1', SEGMENTS)
  await appendSegments({ dataDir }, 'executor', SEGMENTS.slice(0, 1))
  return dataDir
}

/** Signs the heads as they are now; returns what would be kept elsewhere. */
async function takeCheckpoint(dataDir: string, nowMs: number): Promise<{ publicKey: string; checkpointsFile: string }> {
  const checkpointsFile = join(temporaryFolder(), 'checkpoints.ndjson')
  const database = await openMainDatabase({ path: join(dataDir, 'spark.db'), thread: false })
  onTestFinished(() => database.close())
  const reader = openAuditReader({ dataDir, thread: false })
  const keyFile = join(dataDir, 'signing.key')
  const store = await openCheckpointStore({ db: database.db, reader, keyFile, copyFile: checkpointsFile, auditDays: null })
  await store.write(nowMs)
  await reader.close()
  return { publicKey: store.publicKey, checkpointsFile }
}

/** Writes the chain of api-1 anew from row 1 with other content, as someone with time and this source code would. */
function rewriteChain(dataDir: string, lines: readonly string[]): void {
  const hashes: string[] = []
  let hash = GENESIS_HASH
  for (const [at, line] of lines.entries()) {
    hash = chainHash(sha256, hash, 'api-1', at + 1, line)
    hashes.push(hash)
  }
  tamper(dataDir, 'api-1', 'delete from audit_segment')
  const database = new DatabaseSync(auditFile(dataDir, 'api-1'))
  const insert = database.prepare('insert into audit_segment values (?, 1, ?, 1000, 1032, ?, ?, ?)')
  insert.run('api-1', lines.length, GENESIS_HASH, hashes.join('\n'), lines.join('\n'))
  database.close()
}

async function linesOf(dataDir: string): Promise<string[]> {
  const file = await openAuditFileForReading(dataDir, 'api-1')
  const rows = await file.db.selectFrom('audit_segment').select('body').orderBy('first_seq').execute()
  await file.close()
  return rows.flatMap(({ body }) => body.split('\n'))
}

describe('verifying the audit', () => {
  it('finds nothing in an intact house, and counts its rows', async () => {
    const dataDir = await intactHouse()
    const copy = await takeCheckpoint(dataDir, 60_000)
    const report = await verifyAudit({ dataDir, ...copy })
    expect(report).toMatchObject({ ok: true, checkpoints: { checked: 2 }, problems: [] })
    expect(report.writers.map(({ writer, rows, segments }) => [writer, rows, segments])).toEqual([
      ['api-1', 12, 4],
      ['executor', 3, 1],
    ])
  })

  it('does nothing without the triggers being dropped', async () => {
    const dataDir = await intactHouse()
    const database = new DatabaseSync(auditFile(dataDir, 'api-1'))
    onTestFinished(() => database.close())
    expect(() => database.exec('delete from audit_segment')).toThrow('audit_segment is append-only')
    expect(() => database.exec("update audit_segment set body = ''")).toThrow('audit_segment is append-only')
  })

  it.each(TAMPERINGS)('finds %s, and says where', async (_name, sql, places) => {
    const dataDir = await intactHouse()
    tamper(dataDir, 'api-1', sql)
    const { ok, problems } = await verifyAudit({ dataDir })
    expect(ok).toBe(false)
    expect(placesOf(problems)).toEqual(expect.arrayContaining(places))
    expect(placesOf(problems)[0]).toEqual(places[0])
    for (const problem of problems) expect(problem.message).toContain('api-1')
  })

  it('finds rows cut off that a checkpoint saw, in its own table and in the copy', async () => {
    const dataDir = await intactHouse()
    const copy = await takeCheckpoint(dataDir, 60_000)
    tamper(dataDir, 'api-1', 'delete from audit_segment where first_seq >= 7')
    const truncated = { kind: 'truncated', writer: 'api-1', seq: 7 }
    expect(placesOf((await verifyAudit({ dataDir })).problems)).toEqual([truncated])
    for (const ending of ['', '-wal', '-shm']) rmSync(join(dataDir, `spark.db${ending}`), { force: true })
    expect((await verifyAudit({ dataDir })).ok).toBe(true)
    expect(placesOf((await verifyAudit({ dataDir, ...copy })).problems)).toEqual([truncated])
  })

  it('finds a whole chain written anew, and a writer whose file is gone', async () => {
    const dataDir = await intactHouse()
    await takeCheckpoint(dataDir, 60_000)
    const lines = await linesOf(dataDir)
    rewriteChain(
      dataDir,
      lines.map((line) => line.replace('"row":2', '"row":3')),
    )
    rmSync(auditFile(dataDir, 'executor'))
    expect(placesOf((await verifyAudit({ dataDir })).problems)).toEqual([
      { kind: 'rewritten', writer: 'api-1', seq: 12 },
      { kind: 'missing', writer: 'executor', seq: null },
    ])
  })

  it('a chain that was empty when a checkpoint was taken is whole, whether rows came or not', async () => {
    const dataDir = await intactHouse()
    await appendSegments({ dataDir }, 'orders', [])
    await takeCheckpoint(dataDir, 60_000)
    expect(await verifyAudit({ dataDir })).toMatchObject({ ok: true, problems: [] })
    await appendSegments({ dataDir }, 'orders', SEGMENTS.slice(0, 1))
    expect(await verifyAudit({ dataDir })).toMatchObject({ ok: true, problems: [] })
  })

  it('trusts no checkpoint whose signature does not hold', async () => {
    const dataDir = await intactHouse()
    const { publicKey, checkpointsFile } = await takeCheckpoint(dataDir, 60_000)
    const line = readFileSync(checkpointsFile, 'utf8')
    writeFileSync(checkpointsFile, line.replace('\\"seq\\":12', '\\"seq\\":13'))
    appendFileSync(checkpointsFile, 'no JSON\n')
    const { problems } = await verifyAudit({ dataDir, publicKey, checkpointsFile })
    expect(placesOf(problems)).toEqual([
      { kind: 'bad_signature', writer: null, seq: null },
      { kind: 'bad_signature', writer: null, seq: null },
    ])
    expect(problems.map(({ message }) => message)).toEqual([expect.stringContaining('line 1'), expect.stringContaining('line 2')])
  })

  it('names a file that is no database', async () => {
    const dataDir = await intactHouse()
    writeFileSync(auditFile(dataDir, 'api-9'), 'garbage'.repeat(500))
    expect(placesOf((await verifyAudit({ dataDir })).problems)).toEqual([{ kind: 'unreadable', writer: 'api-9', seq: null }])
  })
})
