import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { copyFile, mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { type Kysely, sql } from 'kysely'
import { rolloutPartsOf } from '../rollout/rollout-parts.ts'
import { createAuditOutbox } from '../storage/audit-outbox.ts'
import { CLOCK_FILE } from '../folder-clock.ts'
import { fileSource, tableSource } from '../storage/audit/checkpoint-sources.ts'
import { publicKeyFile } from '../storage/audit/signing-key.ts'
import { readIfThere } from '../key-file.ts'
import type { Config } from '../config.ts'
import { carryCheckpoints } from './carry-checkpoints.ts'
import { auditFile, auditIndexFile, auditWriters } from '../storage/audit/audit-files.ts'
import { openAuditReader } from '../storage/audit/audit-reader.ts'
import { lastRelayed } from '../storage/audit/last-relayed.ts'
import { lockFolder } from '../storage/audit/writer-lock.ts'
import { openMainDatabase } from '../storage/open-main-database.ts'
import type { MainTables } from '../storage/tables.ts'
import { createTradingStores } from '../storage/trading-stores.ts'
import { copyBook } from './copy-book.ts'
import { syncFile, syncFolder } from '../sync-file.ts'
import { BackupError, checkDatabase, copyDatabase } from './copy-database.ts'
import { endRestored, newestOrdinal, restoredState } from './restored-rollout.ts'
import { databaseName, isPostgresUrl } from '../storage/postgres-url.ts'

/** Last written: a folder without it is no backup. */
const MANIFEST = 'manifest.json'
const NAME = /^\d{8}T\d{6}Z$/
const MAIN_COPY = 'spark.db'
const PAPER_COPY = 'paper-venue.db'
const AUDIT_FOLDER = 'audit'

export interface Manifest {
  /** ms */
  takenAt: number
  version: string
  buildSha: string
  files: { name: string; bytes: number; sha256: string }[]
  /** The folder's clock.json, where time runs faster: what is restored elsewhere must not begin in its own future. */
  clock?: string
}

export interface BackupOptions {
  dataDir: string
  databasePath: string
  /** The folder that holds the backups. */
  folder: string
  nowMs: number
  version: string
  buildSha: string
}

/**
 * Copies the databases of a running installation (VACUUM INTO, each as of one moment), opens every copy, checks its pages, and
 * writes a manifest with the SHA-256 of each. Keys are not copied: a backup must not be able to sign or to decrypt. Resolves with
 * the folder made. Rejects with StorageError or BackupError; a folder that was begun is removed.
 */
export async function takeBackup(options: BackupOptions): Promise<{ folder: string; manifest: Manifest }> {
  refuseServer(options.databasePath)
  const target = join(options.folder, stamp(options.nowMs))
  if (existsSync(target)) throw new BackupError(`${target} is there already`)
  const draft = `${target}.new`
  await rm(draft, { recursive: true, force: true })
  await mkdir(join(draft, AUDIT_FOLDER), { recursive: true, mode: 0o700 })
  try {
    const files: Manifest['files'] = []
    for (const copy of await copyAll(options, draft)) {
      await checkDatabase(join(draft, copy))
      files.push(await described(draft, copy))
    }
    const { nowMs: takenAt, version, buildSha } = options
    const manifest: Manifest = { takenAt, version, buildSha, files, ...(await clockOf(options.dataDir)) }
    await writeDurably(join(draft, MANIFEST), JSON.stringify(manifest, null, 2))
    await rename(draft, target)
    await syncFolder(options.folder)
    return { folder: target, manifest }
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    throw error
  }
}

/** Database and audit are not files here. */
function refuseServer(databasePath: string): void {
  if (!isPostgresUrl(databasePath)) return
  throw new BackupError(`${databaseName(databasePath)} is backed up and restored by the tools of PostgreSQL, like pg_dump`)
}

function stamp(ms: number): string {
  return new Date(ms).toISOString().replaceAll(/[-:]|\.\d+/g, '')
}

/** Newest first. */
export async function listBackups(folder: string): Promise<string[]> {
  if (!existsSync(folder)) return []
  const names = (await readdir(folder)).filter((name) => NAME.test(name) && existsSync(join(folder, name, MANIFEST)))
  return names.toSorted((a, b) => (a < b ? 1 : -1))
}

/** Removes all but the newest `keep`. */
export async function pruneBackups(folder: string, keep: number): Promise<number> {
  const old = (await listBackups(folder)).slice(keep)
  for (const name of old) await rm(join(folder, name), { recursive: true })
  return old.length
}

/** Reads every byte again. Rejects with BackupError when one is not as it was written. */
export async function verifyBackup(folder: string): Promise<Manifest> {
  const manifest = await readManifest(folder)
  for (const file of manifest.files) {
    const path = join(folder, file.name)
    if (!existsSync(path)) throw new BackupError(`${path} is missing`)
    const now = await described(folder, file.name)
    if (now.sha256 !== file.sha256) throw new BackupError(`${path} was changed since the backup was taken`)
    await checkDatabase(path)
  }
  return manifest
}

export interface RestoreOptions {
  folder: string
  dataDir: string
  databasePath: string
  /** Who and why, for the audit. */
  actor: string
  reason: string
}

/** What a rollout that was under way is ended with. */
export type RestoreParts = Omit<Parameters<typeof rolloutPartsOf>[0], 'stores'> & {
  config: Pick<Config, 'checkpointFile' | 'signingKeyFile'>
}

export interface Restored {
  manifest: Manifest
  /** Where what was replaced lies. */
  replaced: string
}

/**
 * Puts the main database and the paper venue's book of a verified backup into the data folder; what they replace is moved aside, not
 * deleted. The audit is only ever added to: its files are taken from the backup where none are there. Rejects with BackupError, or
 * with StorageError `locked` while a process runs on the folder; nothing is changed then.
 */
export async function restoreBackup(options: RestoreOptions, parts: RestoreParts): Promise<Restored> {
  const { folder, dataDir, databasePath } = options
  refuseServer(databasePath)
  const manifest = await verifyBackup(folder)
  const stored = manifest.files.filter(({ name }) => dirname(name) === AUDIT_FOLDER).map(({ name }) => basename(name, '.db'))
  const unlock = lockFolder(dataDir, [...stored, ...(await auditWriters(dataDir))])
  try {
    const replaced = join(dataDir, `replaced-${stamp(parts.clock.nowMs())}`)
    await mkdir(replaced, { recursive: true, mode: 0o700 })
    const wanted = manifest.files
      .map(({ name }) => ({ name, target: name === MAIN_COPY ? databasePath : join(dataDir, name) }))
      .filter(({ name, target }) => dirname(name) !== AUDIT_FOLDER || !existsSync(target))
    // A folder that has one is as far ahead, or further.
    const clockPath = join(dataDir, CLOCK_FILE)
    if (manifest.clock !== undefined && !existsSync(clockPath)) await writeDurably(clockPath, manifest.clock)
    // All copies are there before the first file is moved: a full disk changes nothing.
    for (const { name, target } of wanted) {
      await copyFile(join(folder, name), draftOf(target))
      await syncFile(draftOf(target))
    }
    for (const { target } of wanted) {
      for (const part of [target, `${target}-wal`, `${target}-shm`]) await moveInto(replaced, part)
      await rename(draftOf(target), target)
    }
    // It tells of chains that it may know longer than they are now; it is built again.
    for (const end of ['', '-wal', '-shm']) await moveInto(replaced, `${auditIndexFile(dataDir)}${end}`)
    await syncFolder(dataDir)
    await syncFolder(join(dataDir, AUDIT_FOLDER))
    await goOn(options, parts, manifest, replaced)
    return { manifest, replaced }
  } finally {
    unlock()
  }
}

const draftOf = (target: string) => `${target}.restoring`

async function moveInto(folder: string, path: string): Promise<void> {
  if (existsSync(path)) await rename(path, join(folder, basename(path)))
}

/**
 * Events are carried into the audit by their place in the outbox. The audit is newer than the backup, so places go on behind the
 * last one that it has; a place of before would count as carried. The first new event tells of the restore.
 *
 * Orders that were not sent yet may have been sent since the backup was taken. As `sending` they are asked for at the next start, and
 * sent again only when the venue has twice said that it has none.
 *
 * Numbers of rollouts go on behind those that began since, and one that was under way ends. Checkpoints that were signed since come along.
 */
async function goOn(
  { dataDir, databasePath, folder, actor, reason }: RestoreOptions,
  parts: RestoreParts,
  manifest: Manifest,
  replaced: string,
) {
  const reader = openAuditReader({ dataDir, thread: false })
  const database = await openMainDatabase({ path: databasePath, thread: true })
  try {
    const last = await lastRelayed(reader)
    const rollouts = rolloutPartsOf({ ...parts, stores: createTradingStores(database.db) })
    const nowMs = parts.clock.nowMs()
    const known = [tableSource({ dataDir, databasePath: join(replaced, basename(databasePath)) })]
    if (parts.config.checkpointFile !== null) known.push(fileSource(parts.config.checkpointFile))
    const publicKey = await readIfThere(publicKeyFile(parts.config.signingKeyFile))
    await database.db.transaction().execute(async (trx) => {
      const newest = await rollouts.stores.rollouts.newest(trx)
      const begun = await newestOrdinal(reader, last - (await lastOutboxPlace(trx)))
      await rollouts.stores.rollouts.giveNoneUpTo(trx, Math.max(begun, newest?.ordinal ?? 0))
      await sql`insert into sqlite_sequence (name, seq) select 'audit_outbox', 0
        where not exists (select 1 from sqlite_sequence where name = 'audit_outbox')`.execute(trx)
      await sql`update sqlite_sequence set seq = max(seq, ${last}) where name = 'audit_outbox'`.execute(trx)
      const inDoubt = await trx
        .updateTable('trade_order')
        .set((eb) => ({ state: 'sending', reason: 'restored', sending_at: eb.fn.coalesce('sending_at', 'created_at') }))
        .where('state', 'in', ['reserved', 'unknown'])
        .returning('intent_id')
        .execute()
      const { takenAt } = manifest
      const backup = basename(folder)
      const context = {
        backup,
        takenAt,
        replaced: basename(replaced),
        reason,
        ordersInDoubt: inDoubt.length,
        checkpoints: await carryCheckpoints(trx, known, publicKey),
        ...restoredState(newest),
      }
      await createAuditOutbox(trx).add(trx, [{ ts: nowMs, action: 'backup.restored', actor, result: 'ok', context }])
      await endRestored(rollouts, trx, newest, { actor, traceId: parts.random.traceId(), backup })
    })
  } finally {
    await database.close()
    await reader.close()
  }
}

/** Place of the newest event that the outbox has given; 0 when it has given none. */
async function lastOutboxPlace(trx: Kysely<MainTables>): Promise<number> {
  const { rows } = await sql<{ seq: number }>`select seq from sqlite_sequence where name = 'audit_outbox'`.execute(trx)
  return rows[0]?.seq ?? 0
}

/** The book first: what the audit has beyond it stays there after a restore. Resolves with the names of the copies. */
async function copyAll({ dataDir, databasePath }: BackupOptions, draft: string): Promise<string[]> {
  const names = [MAIN_COPY]
  const paper = { path: join(dataDir, PAPER_COPY), copy: join(draft, PAPER_COPY) }
  const main = { path: databasePath, copy: join(draft, MAIN_COPY) }
  if (existsSync(paper.path)) {
    names.push(PAPER_COPY)
    await copyBook(main, paper)
  } else await copyDatabase(main)
  for (const writer of await auditWriters(dataDir)) {
    const name = join(AUDIT_FOLDER, `${writer}.db`)
    names.push(name)
    await copyDatabase({ path: auditFile(dataDir, writer), copy: join(draft, name) })
  }
  return names
}

async function clockOf(dataDir: string): Promise<{ clock?: string }> {
  const path = join(dataDir, CLOCK_FILE)
  return existsSync(path) ? { clock: await readFile(path, 'utf8') } : {}
}

async function readManifest(folder: string): Promise<Manifest> {
  try {
    return JSON.parse(await readFile(join(folder, MANIFEST), 'utf8')) as Manifest
  } catch (error) {
    throw new BackupError(`${folder} is no backup: it has no readable ${MANIFEST}`, { cause: error })
  }
}

async function described(folder: string, name: string): Promise<Manifest['files'][number]> {
  const path = join(folder, name)
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return { name, bytes: (await stat(path)).size, sha256: hash.digest('hex') }
}

async function writeDurably(path: string, text: string): Promise<void> {
  await writeFile(path, text, { mode: 0o600 })
  await syncFile(path)
}
