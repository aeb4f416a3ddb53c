import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../clock.ts'
import { appendSegments, event } from '../storage/audit/audit-fixtures.ts'
import type { AuditEvent } from '../storage/audit/audit-event.ts'
import { openAuditReader } from '../storage/audit/audit-reader.ts'
import { openAuditWriter } from '../storage/audit/audit-writer.ts'
import { openCheckpointStore } from '../storage/audit/checkpoint-store.ts'
import { retainAudit } from '../storage/audit/retain-audit.ts'
import { verifyAudit } from '../storage/audit/verify-audit.ts'
import { openRetentionPlace } from '../storage/audit/retention-place.ts'
import { lockWriter } from '../storage/audit/writer-lock.ts'
import { openMainDatabase } from '../storage/open-main-database.ts'
import { openPaperBook } from '../storage/open-paper-book.ts'
import { emptyPostgres, queryPostgres } from '../storage/postgres/postgres-database-fixture.ts'
import { nextNumber } from '../venue/paper-book.ts'
import { tablesOf, type TestInstallation, testInstallation } from './installation-fixture.ts'
import { migrateInstallation, type Stage } from './migrate-installation.ts'

const migrate = (installation: TestInstallation, url: string, onStage: (stage: Stage) => void = () => {}) =>
  migrateInstallation({ ...installation, url, clock: systemClock, durability: 'rebuildable', onStage })

/** Everything is copied, and nothing compared yet. */
async function interrupted(installation: TestInstallation): Promise<string> {
  const url = await emptyPostgres()
  const copied = migrate(installation, url, ({ name }) => {
    if (name === 'index the audit') throw new Error('interrupted')
  })
  await expect(copied).rejects.toThrow('interrupted')
  return url
}

describe('an installation that went over', () => {
  it('has rows in every table, all of them in the database, its chains with the same heads and their index', async () => {
    const installation = await testInstallation()
    const url = await emptyPostgres()
    const moved = await migrate(installation, url)
    expect(moved.differences).toEqual([])
    const tables = [installation.databasePath, join(installation.dataDir, 'paper-venue.db')].flatMap((path) => {
      const database = new DatabaseSync(path)
      const names = tablesOf(database)
      database.close()
      return names
    })
    const chains = ['api-1', 'executor', 'orders']
    expect(moved.parts.map(({ part }) => part).toSorted()).toEqual(
      [...tables, ...chains.map((writer) => `audit segments of ${writer}`)].toSorted(),
    )
    for (const { part, rows, digest } of moved.parts) {
      expect(rows.source, part).toBeGreaterThan(0)
      expect(rows.target, part).toBe(rows.source)
      expect(digest.target, part).toBe(digest.source)
    }
    expect(moved.checkpoints).toBe(3)
    expect(moved.chains.map(({ writer }) => writer)).toEqual(chains)
    for (const { source, target } of moved.chains) expect(target).toEqual(source)
    expect(await queryPostgres(url, 'select count(*)::int as rows from audit_entry')).toEqual([{ rows: 72 }])
    // Those of the audit are named one by one: a table that is only in PostgreSQL would be seen here.
    const there = await queryPostgres(
      url,
      `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
         and not relispartition and relname not like 'kysely%'`,
    )
    const own = ['audit_chain', 'audit_entry', 'audit_segment', 'audit_watermark', 'write_turn']
    expect(there.map(({ name }) => String(name)).toSorted()).toEqual([...tables, ...own].toSorted())
  })

  it('verifies also when retention had removed its oldest audit', async () => {
    const installation = await testInstallation()
    const { dataDir, databasePath } = installation
    const main = await openMainDatabase({ path: databasePath, thread: false })
    const reader = openAuditReader({ dataDir, thread: false })
    const keyFile = join(dataDir, 'signing.key')
    const checkpoints = await openCheckpointStore({ db: main.db, reader, keyFile, copyFile: null, auditDays: null })
    const [row] = await reader.list({ limit: 1 }).then(({ items }) => items)
    const place = await openRetentionPlace({ dataDir })
    const nowMs = (row?.ts ?? 0) + 86_400_000
    const announce = (next: AuditEvent) => appendSegments({ dataDir }, 'executor', [[{ ...next, ts: nowMs }]])
    await checkpoints.write(nowMs, { always: true })
    const verify = (toldBefore: number) => verifyAudit({ dataDir, publicKey: checkpoints.publicKey, toldBefore })
    const deps = { db: main.db, place, checkpoints, announce, verify }
    await retainAudit(deps, nowMs, nowMs + 1)
    const removed = await retainAudit(deps, nowMs, nowMs + 86_400_000)
    for (const one of [place, reader, main]) await one.close()
    expect(removed.rows).toBeGreaterThan(60)
    expect((await migrate(installation, await emptyPostgres())).differences).toEqual([])
  })

  it('goes on: numbers behind the last one given, chains behind their last row; and is not copied over', async () => {
    const installation = await testInstallation()
    const url = await emptyPostgres()
    await migrate(installation, url)
    const main = await openMainDatabase({ path: url, thread: false, durability: 'rebuildable' })
    const { id } = await main.db.insertInto('audit_outbox').values({ event: '{}' }).returning('id').executeTakeFirstOrThrow()
    await main.close()
    expect(id).toBe(8)
    const book = await openPaperBook({ path: url, thread: false, durability: 'rebuildable' })
    expect(await nextNumber(book.db)).toBe(100)
    await book.close()
    const location = { dataDir: installation.dataDir, databasePath: url, durability: 'rebuildable' } as const
    const writer = await openAuditWriter({ ...location, writer: 'api-1', clock: systemClock })
    expect(await writer.append(event())).toEqual({ writer: 'api-1', seq: 25 })
    await writer.close()
    const reader = openAuditReader({ ...location, thread: false })
    expect((await reader.list({ limit: 100 })).items).toHaveLength(73)
    await reader.close()
    await expect(migrate(installation, url)).rejects.toThrow('is not empty: it has the table')
  })
})

describe('a copy that was interrupted', () => {
  it('goes on where it was, and keeps every process out until it is whole', async () => {
    const installation = await testInstallation()
    const url = await interrupted(installation)
    await expect(openMainDatabase({ path: url, thread: false, durability: 'rebuildable' })).rejects.toThrow(
      'copy-not-finished-run-spark-migrate-again',
    )
    const stages: Stage[] = []
    expect(await migrate(installation, url, (stage) => stages.push(stage))).toMatchObject({ differences: [] })
    const copied = stages.filter(({ name }) => name.startsWith('copy '))
    expect(copied.map(({ rows }) => rows)).toEqual(copied.map(() => 0))
    await (await openMainDatabase({ path: url, thread: false, durability: 'rebuildable' })).close()
  })

  it('is not mixed with another installation, nor with what came since', async () => {
    const installation = await testInstallation()
    const url = await interrupted(installation)
    await expect(migrate(await testInstallation(), url)).rejects.toThrow('This installation is another one')
    await appendSegments({ dataDir: installation.dataDir }, 'api-1', [[event()]])
    await expect(migrate(installation, url)).rejects.toThrow('has gone on since')
  })

  it('is found out, and where, when a byte of it was changed or a row is gone', async () => {
    const installation = await testInstallation()
    const url = await interrupted(installation)
    await queryPostgres(
      url,
      `set session_replication_role = replica;
       update candle set o = o + 1e-9 where symbol like '% 2000 %';
       update trade_order set reason = 'x' where intent_id like '% 3 %';
       delete from alert where id = 4;
       update audit_segment set body = replace(body, 'ml.score', 'ml.scorf') where writer = 'executor' and first_seq = 5`,
    )
    const { differences } = await migrate(installation, url)
    expect(differences).toEqual([
      'alert has 6 rows where 7 should be; the first that differs: id 4',
      expect.stringContaining('candle differs in the row of symbol candle.symbol 2000'),
      expect.stringContaining('trade_order differs in the row of intent_id trade_order.intent_id 3'),
      'audit segments of executor differs in the row of first_seq 5',
    ])
    await expect(openMainDatabase({ path: url, thread: false, durability: 'rebuildable' })).rejects.toThrow('copy-not-finished')
  })

  it('is not let in when the chain does not hold, as it did not in the files', async () => {
    const installation = await testInstallation()
    const file = new DatabaseSync(join(installation.dataDir, 'audit', 'orders.db'))
    file.exec(
      `drop trigger audit_segment_no_update; update audit_segment set body = replace(body, 'test', 'tent') where first_seq = 3`,
    )
    file.close()
    const url = await emptyPostgres()
    const { differences } = await migrate(installation, url)
    expect(differences[0]).toContain('edited: row 3 of orders')
    await expect(openMainDatabase({ path: url, thread: false, durability: 'rebuildable' })).rejects.toThrow('copy-not-finished')
  })
})

describe('nothing is begun', () => {
  it('while a process runs on the data folder', async () => {
    const installation = await testInstallation()
    const unlock = lockWriter(installation.dataDir, 'executor')
    const url = await emptyPostgres()
    await expect(migrate(installation, url)).rejects.toMatchObject({ reason: 'locked' })
    expect(await queryPostgres(url, `select 1 from pg_tables where schemaname = 'public'`)).toEqual([])
    unlock()
  })

  it.each([
    [`insert into kysely_migration values ('9999-later', '')`, 'was written by a newer Spark'],
    [`delete from kysely_migration where name = '0014-calibration'`, 'was written by an older Spark'],
  ])('where the schema is not that of this build: %s', async (sql, said) => {
    const installation = await testInstallation()
    const database = new DatabaseSync(installation.databasePath)
    database.exec(sql)
    database.close()
    await expect(migrate(installation, await emptyPostgres())).rejects.toThrow(said)
  })

  it('where the server is away, and the password is in no message', async () => {
    const copied = migrate(await testInstallation(), 'postgres://spark:secret@127.0.0.1:1/spark')
    const error = await copied.catch((problem: unknown) => problem)
    expect(error).toMatchObject({ reason: 'unavailable', path: 'postgres://127.0.0.1:1/spark' })
    expect(String(error)).not.toContain('secret')
  })

  it('in a database that has anything else in it', async () => {
    const url = await emptyPostgres()
    await queryPostgres(url, 'create table orders (id int)')
    await expect(migrate(await testInstallation(), url)).rejects.toThrow('is not empty: it has the table orders')
    expect(await queryPostgres(url, `select tablename from pg_tables where schemaname = 'public'`)).toEqual([
      { tablename: 'orders' },
    ])
  })
})
