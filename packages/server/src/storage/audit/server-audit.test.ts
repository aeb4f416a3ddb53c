import { mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Client } from 'pg'
import { describe, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../clock.ts'
import { openMainDatabase } from '../open-main-database.ts'
import { queryPostgres, temporaryPostgres } from '../postgres/postgres-database-fixture.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { appendSegments, event } from './audit-fixtures.ts'
import { auditLine } from './audit-event.ts'
import { auditFile } from './audit-files.ts'
import { indexBeside } from './audit-index-place.ts'
import { AuditIndexer } from './audit-indexer.ts'
import type { AuditLocation } from './audit-location.ts'
import { AuditMonths } from './audit-months.ts'
import { openAuditReader } from './audit-reader.ts'
import { type AuditWriterOptions, openAuditWriter } from './audit-writer.ts'
import { openCheckpointStore } from './checkpoint-store.ts'
import { openServer } from './server-audit.ts'
import { placesOf, SEGMENTS, TAMPERINGS } from './tamperings-fixture.ts'
import { verifyAudit } from './verify-audit.ts'

type OnServer = AuditLocation & { databasePath: string }

async function location(): Promise<OnServer> {
  const { path } = await temporaryPostgres()
  return { dataDir: temporaryFolder(), databasePath: path, durability: 'rebuildable' }
}

async function intact(): Promise<OnServer> {
  const house = await location()
  await appendSegments(house, 'api-1', SEGMENTS)
  await appendSegments(house, 'executor', SEGMENTS.slice(0, 1))
  return house
}

/** As somebody else who may write to the tables. */
const run = ({ databasePath = '' }: AuditLocation, sql: string) => queryPostgres(databasePath, sql)

/** Changes chains without triggers; what SQLite calls otherwise is said as PostgreSQL does. */
async function tamper(house: AuditLocation, sql: string): Promise<void> {
  const words = sql
    .replaceAll('char(10)', 'chr(10)')
    .replaceAll('instr(', 'strpos(')
    .replaceAll('where first', "where writer = 'api-1' and first")
  await run(house, `set session_replication_role = replica; ${words}`)
}

async function writerOf(house: AuditLocation, options: Pick<AuditWriterOptions, 'onFatal'> = {}) {
  const writer = await openAuditWriter({ ...house, writer: 'api-1', clock: systemClock, ...options })
  onTestFinished(() => writer.close())
  return writer
}

describe('segments on PostgreSQL', () => {
  it('are those of SQLite, byte for byte', async () => {
    const [server, folder] = [await location(), temporaryFolder()]
    for (const house of [server, { dataDir: folder }]) await appendSegments(house, 'api-1', SEGMENTS)
    const file = new DatabaseSync(auditFile(folder, 'api-1'))
    onTestFinished(() => file.close())
    const columns = 'writer, first_seq::text, last_seq::text, first_ts::text, last_ts::text, prev_hash, hashes, body'
    expect(await run(server, `select ${columns} from audit_segment order by first_seq`)).toEqual(
      file
        .prepare(`select ${columns.replaceAll(/(\w+)::text/g, 'cast($1 as text) as $1')} from audit_segment order by first_seq`)
        .all(),
    )
  })

  it('stand in the partition of their month, entries in that of their own', async () => {
    const house = await location()
    const [january, february] = [Date.UTC(2026, 0, 31, 23), Date.UTC(2026, 1, 1)]
    const writer = await writerOf(house)
    await writer.appendAll([event({ ts: january }), event({ ts: february })])
    await writer.close()
    const partitions = (table: string) =>
      run(house, `select distinct tableoid::regclass::text as name from ${table} order by name`)
    expect(await partitions('audit_segment')).toEqual([{ name: 'audit_segment_2026_01' }])
    expect(await partitions('audit_entry')).toEqual([{ name: 'audit_entry_2026_01' }, { name: 'audit_entry_2026_02' }])
  })

  it.each(["update audit_segment set body = ''", 'delete from audit_segment', 'truncate audit_segment'])(
    'cannot be changed by %s',
    async (sql) => {
      await expect(run(await intact(), sql)).rejects.toThrow('audit_segment is append-only')
    },
  )

  it('cannot be removed with all others of their month either', async () => {
    const house = await intact()
    const [month] = await run(house, 'select distinct tableoid::regclass::text as name from audit_segment')
    await expect(run(house, `truncate ${String(month?.['name'])}`)).rejects.toThrow('audit_segment is append-only')
  })
})

describe('a chain on PostgreSQL', () => {
  it('belongs to who took it over last: who had it before commits nothing any more, and stops', async () => {
    const house = await location()
    const fatal: Error[] = []
    const paused = await writerOf(house, { onFatal: (error) => fatal.push(error) })
    await paused.append(event())
    const next = await writerOf(house)
    await expect(paused.append(event())).rejects.toThrow('another process writes')
    await expect(paused.probe()).rejects.toThrow('another process writes')
    expect(fatal).toHaveLength(1)
    expect(await next.append(event())).toEqual({ writer: 'api-1', seq: 2 })
    expect(await verifyAudit(house)).toMatchObject({ ok: true, writers: [{ rows: 2 }] })
  })

  it('is not given to another data folder while its holder lives, and at once when that has ended', async () => {
    const house = await location()
    const elsewhere = { ...house, dataDir: temporaryFolder() }
    const serverMs = async () => Number((await run(house, 'select extract(epoch from now()) * 1000 as ms'))[0]?.['ms'])
    const beforeMs = await serverMs()
    const holder = await writerOf(house)
    await holder.append(event())
    const [held] = await run(house, 'select held_until as ms from audit_chain')
    expect(Number(held?.['ms'])).toBeGreaterThanOrEqual(Math.floor(beforeMs) + 15_000)
    expect(Number(held?.['ms'])).toBeLessThanOrEqual((await serverMs()) + 15_000)
    await expect(writerOf(elsewhere)).rejects.toMatchObject({ reason: 'locked' })
    await holder.close()
    expect(await (await writerOf(elsewhere)).append(event())).toEqual({ writer: 'api-1', seq: 2 })
  })

  it('is not given to another folder of the same path either, as on a host that is called alike', async () => {
    const house = await location()
    const holder = await writerOf(house)
    await holder.append(event())
    renameSync(house.dataDir, `${house.dataDir}-of-the-other`)
    mkdirSync(house.dataDir)
    await expect(writerOf(house)).rejects.toMatchObject({ reason: 'locked' })
  })

  it('of a host that was lost is given to another one when nothing was heard of it for 15 s', async () => {
    const house = await intact()
    await run(house, `update audit_chain set holder = 'lost', held_until = extract(epoch from now()) * 1000 + 15000`)
    await expect(writerOf(house)).rejects.toMatchObject({ reason: 'locked' })
    await run(house, 'update audit_chain set held_until = held_until - 15001')
    expect(await (await writerOf(house)).append(event())).toEqual({ writer: 'api-1', seq: 13 })
  })

  it('goes on where the server says after a connection was lost', async () => {
    const house = await location()
    const writer = await writerOf(house)
    await writer.append(event())
    await run(
      house,
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'spark'`,
    )
    const outcomes = await Promise.allSettled([writer.append(event())])
    const acknowledged = 1 + outcomes.filter(({ status }) => status === 'fulfilled').length
    const { seq } = await writer.append(event())
    expect(seq).toBeGreaterThan(acknowledged)
    expect(await verifyAudit(house)).toMatchObject({ ok: true, writers: [{ rows: seq }] })
  })
})

/** As after a restore, or a fail-over to a copy that lagged behind. */
const BACK_TO_ROW_1 = `set session_replication_role = replica; delete from audit_segment where first_seq > 1;
  update audit_chain set seq = 1, hash = (select hashes from audit_segment)`

describe('a server that lost rows which were acknowledged', () => {
  it.each([
    ['ends the writer at its next append', BACK_TO_ROW_1],
    ['does so when it is from before the writer had the chain', `${BACK_TO_ROW_1}, fence = fence - 1`],
    ['does so when the chain is gone', 'delete from audit_chain'],
  ])('%s', async (_name, sql) => {
    const house = await location()
    const ends: unknown[] = []
    const writer = await writerOf(house, { onFatal: (error, why) => ends.push(why, error.message) })
    for (let row = 1; row <= 3; row++) await writer.append(event())
    await run(house, sql)
    await expect(writer.append(event())).rejects.toThrow('row 3')
    expect(ends).toEqual(['lost', expect.stringContaining('put back to an earlier state')])
    await expect(writer.append(event())).rejects.toThrow('row 3')
  })

  it('is noticed by a look at the health too', async () => {
    const house = await location()
    const writer = await writerOf(house)
    for (let row = 1; row <= 2; row++) await writer.append(event())
    await writer.probe()
    await run(house, BACK_TO_ROW_1)
    await expect(writer.probe()).rejects.toMatchObject({ reason: 'corrupt' })
  })
})

describe('the months of the audit', () => {
  /** Of one year, which no other test writes in. */
  const partitions = async (house: AuditLocation, year: number) =>
    (await run(house, `select relname from pg_class where relname ~ '_${year}_..$' and relkind = 'r' order by 1`)).map(
      ({ relname }) => relname,
    )
  const batch = (ts: number) => {
    const body = auditLine(event({ ts }), ts)
    return { body, firstTs: ts, lastTs: ts }
  }
  const months = async (house: OnServer) => {
    const audit = await openServer(house.databasePath, 'rebuildable')
    onTestFinished(() => audit.close())
    return new AuditMonths(audit.db)
  }

  it('are made ahead, by whoever comes first', async () => {
    const house = await location()
    const both = [await months(house), await months(house)]
    await Promise.all(both.map((one) => one.makeNext()))
    await Promise.all(both.map((one) => one.make(batch(Date.UTC(2041, 10, 3)))))
    expect(await partitions(house, 2041)).toEqual(['audit_entry_2041_11', 'audit_segment_2041_11'])
    await Promise.all(both.map((one) => one.makeNext()))
    expect(await partitions(house, 2041)).toEqual([
      'audit_entry_2041_11',
      'audit_entry_2041_12',
      'audit_segment_2041_11',
      'audit_segment_2041_12',
    ])
    for (const name of ['audit_segment_2041_11', 'audit_segment_2041_12'])
      await expect(run(house, `truncate ${name}`)).rejects.toThrow('audit_segment is append-only')
  })

  it('wait for nobody who reads all of it, as pg_dump does', async () => {
    const house = await location()
    const dump = new Client({ connectionString: house.databasePath })
    await dump.connect()
    onTestFinished(() => dump.end())
    await dump.query('begin; lock table audit_segment, audit_entry in access share mode')
    await (await months(house)).make(batch(Date.UTC(2042, 11, 3)))
    expect(await partitions(house, 2042)).toHaveLength(2)
  })
})

it('two who index one chain at the same time leave nothing out and nothing twice', async () => {
  const house = await intact()
  await run(house, `delete from audit_entry; delete from audit_watermark`)
  const indexers = await Promise.all(
    [1, 2].map(async () => {
      const audit = await openServer(house.databasePath, 'rebuildable')
      onTestFinished(() => audit.close())
      return new AuditIndexer(indexBeside(audit.db), 'api-1', audit.db)
    }),
  )
  for (let rows = 0; rows < 12; rows += 4) await Promise.all(indexers.map((one) => one.step(4)))
  expect(indexers.map(({ watermark }) => watermark)).toEqual([12, 12])
  expect(await run(house, `select count(*), max(seq) from audit_entry where writer = 'api-1'`)).toEqual([
    { count: '12', max: '12' },
  ])
})

describe('verifying the audit on PostgreSQL', () => {
  it.each(TAMPERINGS.filter(([name]) => name !== 'a segment under another name'))(
    'finds %s, and says where',
    async (_name, sql, places) => {
      const house = await intact()
      expect((await verifyAudit(house)).problems).toEqual([])
      await tamper(house, sql)
      expect(placesOf((await verifyAudit(house)).problems)[0]).toEqual(places[0])
    },
  )

  it('finds a segment under another name, by the name and by the chain that ends early', async () => {
    const house = await intact()
    await tamper(house, `update audit_segment set writer = 'api-2' where writer = 'api-1' and first_seq = 10`)
    expect(placesOf((await verifyAudit(house)).problems)).toEqual([
      { kind: 'truncated', writer: 'api-1', seq: 10 },
      { kind: 'wrong_writer', writer: 'api-2', seq: null },
    ])
  })

  it('finds rows cut off and a chain that is gone by a checkpoint, whatever the record of the chain says', async () => {
    const house = await intact()
    const database = await openMainDatabase({ path: house.databasePath, thread: false, durability: 'rebuildable' })
    const reader = openAuditReader({ ...house, thread: false })
    const keyFile = join(house.dataDir, 'signing.key')
    const store = await openCheckpointStore({ db: database.db, reader, keyFile, copyFile: null, auditDays: null })
    await store.write(60_000)
    await reader.close()
    await database.close()
    await tamper(house, `delete from audit_segment where first_seq >= 7`)
    await tamper(
      house,
      `update audit_chain set seq = 6, hash = (select reverse(split_part(reverse(hashes), chr(10), 1))
      from audit_segment where writer = 'api-1' and first_seq = 4) where writer = 'api-1'`,
    )
    await tamper(house, `delete from audit_segment where writer = 'executor'; delete from audit_chain where writer = 'executor'`)
    const { problems, checkpoints } = await verifyAudit(house)
    expect(checkpoints.checked).toBe(1)
    expect(placesOf(problems)).toEqual([
      { kind: 'truncated', writer: 'api-1', seq: 7 },
      { kind: 'missing', writer: 'executor', seq: null },
    ])
  })
})
