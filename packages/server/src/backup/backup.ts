import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { copyFile, mkdir, open, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { sql } from 'kysely'
import { auditWriters } from '../storage/audit/audit-files.ts'
import { openAuditReader } from '../storage/audit/audit-reader.ts'
import { lastRelayed } from '../storage/audit/last-relayed.ts'
import { openMainDatabase } from '../storage/open-main-database.ts'
import { openDatabase } from '../storage/sqlite/open-database.ts'

/** Last written: a folder without it is no backup. */
const MANIFEST = 'manifest.json'
const NAME = /^\d{8}T\d{6}Z$/

export interface Manifest {
  /** ms */
  takenAt: number
  version: string
  buildSha: string
  files: { name: string; bytes: number; sha256: string }[]
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

/** The backup cannot be taken or used; the message says why. */
export class BackupError extends Error {}

/**
 * Copies the databases of a running installation (VACUUM INTO, each as of one moment), opens every copy, checks its pages, and
 * writes a manifest with the SHA-256 of each. The main database first: what the audit and the paper venue have beyond it is found
 * again after a restore. Keys are not copied: a backup must not be able to sign or to decrypt. Resolves with the folder made.
 * Rejects with StorageError or BackupError; a folder that was begun is removed.
 */
export async function takeBackup(options: BackupOptions): Promise<{ folder: string; manifest: Manifest }> {
  const name = new Date(options.nowMs).toISOString().replaceAll(/[-:]|\.\d+/g, '')
  const target = join(options.folder, name)
  if (existsSync(target)) throw new BackupError(`${target} is there already`)
  const draft = `${target}.new`
  await rm(draft, { recursive: true, force: true })
  await mkdir(join(draft, 'audit'), { recursive: true, mode: 0o700 })
  try {
    const files: Manifest['files'] = []
    for (const [path, copy] of await databasesOf(options.dataDir, options.databasePath)) {
      await copyDatabase(path, join(draft, copy))
      await checkDatabase(join(draft, copy))
      files.push(await described(draft, copy))
    }
    const { nowMs: takenAt, version, buildSha } = options
    const manifest: Manifest = { takenAt, version, buildSha, files }
    await writeDurably(join(draft, MANIFEST), JSON.stringify(manifest, null, 2))
    await rename(draft, target)
    await syncFolder(options.folder)
    return { folder: target, manifest }
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    throw error
  }
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

export interface Restored {
  manifest: Manifest
  /** Where what was replaced lies. */
  replaced: string
}

/**
 * Puts the main database and the paper venue's book of a verified backup into the data folder; what they replace is moved aside, not
 * deleted. The audit is only ever added to: its files are taken from the backup where none are there. Nothing may run on the folder.
 */
export async function restoreBackup(options: {
  folder: string
  dataDir: string
  databasePath: string
  nowMs: number
}): Promise<Restored> {
  const { folder, dataDir, databasePath, nowMs } = options
  const manifest = await verifyBackup(folder)
  const replaced = join(dataDir, `replaced-${new Date(nowMs).toISOString().replaceAll(/[-:]|\.\d+/g, '')}`)
  await mkdir(join(dataDir, 'audit'), { recursive: true })
  await mkdir(replaced, { recursive: true, mode: 0o700 })
  for (const { name } of manifest.files) {
    const target = name === 'spark.db' ? databasePath : join(dataDir, name)
    const isAudit = dirname(name) === 'audit'
    if (isAudit && existsSync(target)) continue
    for (const part of [target, `${target}-wal`, `${target}-shm`])
      if (existsSync(part)) await rename(part, join(replaced, basename(part)))
    await copyFile(join(folder, name), target)
    await syncFile(target)
  }
  await syncFolder(dataDir)
  await continueOutbox(dataDir, databasePath)
  return { manifest, replaced }
}

/**
 * Events are carried into the audit by their place in the outbox. The audit is newer than the backup, so places go on behind the
 * last one that it has; a place of before would count as carried.
 */
async function continueOutbox(dataDir: string, databasePath: string): Promise<void> {
  const reader = openAuditReader({ dataDir, thread: false })
  const database = await openMainDatabase({ path: databasePath, thread: true })
  try {
    const last = await lastRelayed(reader)
    await sql`insert into sqlite_sequence (name, seq) select 'audit_outbox', 0
      where not exists (select 1 from sqlite_sequence where name = 'audit_outbox')`.execute(database.db)
    await sql`update sqlite_sequence set seq = max(seq, ${last}) where name = 'audit_outbox'`.execute(database.db)
  } finally {
    await database.close()
    await reader.close()
  }
}

async function databasesOf(dataDir: string, databasePath: string): Promise<[path: string, copy: string][]> {
  const files: [string, string][] = [[databasePath, 'spark.db']]
  const paper = join(dataDir, 'paper-venue.db')
  if (existsSync(paper)) files.push([paper, 'paper-venue.db'])
  for (const writer of await auditWriters(dataDir))
    files.push([join(dataDir, 'audit', `${writer}.db`), join('audit', `${writer}.db`)])
  return files
}

async function copyDatabase(path: string, copy: string): Promise<void> {
  const database = await openDatabase<object>({ path, thread: true, readOnly: true })
  try {
    await sql`vacuum into ${copy}`.execute(database.db)
  } finally {
    await database.close()
  }
  await syncFile(copy)
}

/** Every page and every index. Rejects with BackupError. */
export async function checkDatabase(path: string): Promise<void> {
  const database = await openDatabase<object>({ path, thread: true, readOnly: true })
  try {
    const { rows } = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(database.db)
    const said = rows.map((row) => row.integrity_check)
    if (said.join() !== 'ok') throw new BackupError(`${path} is damaged: ${said.slice(0, 3).join('; ')}`)
  } finally {
    await database.close()
  }
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

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
