import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { sqliteErrorCode, StorageError } from '../storage-error.ts'

/** A process that is just ending gives its lock back within this time. */
const WAIT_MS = 3000
const BUSY = 5
/** The lock of `spark up`, which writes no chain. */
export const SUPERVISOR = 'supervisor'
/** A database that nobody refers to is collected, and its lock with it. */
const held = new Set<DatabaseSync>()

/**
 * Makes this process the only writer of a chain until it ends, however it ends: the lock of an open exclusive transaction on
 * `audit/<writer>.lock` is the kernel's, which gives it back also after kill -9. Blocks up to 3 s; throws StorageError
 * `locked` when another process holds it. Returns what gives it back.
 */
export function lockWriter(dataDir: string, writer: string): () => void {
  // The first thing that a start makes, and with it the data folder.
  mkdirSync(join(dataDir, 'audit'), { recursive: true, mode: 0o700 })
  const path = join(dataDir, 'audit', `${writer}.lock`)
  const lock = new DatabaseSync(path, { timeout: WAIT_MS })
  try {
    lock.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    lock.close()
    if (((sqliteErrorCode(error) ?? 0) & 0xff) !== BUSY) throw error
    throw new StorageError('locked', path, `another process runs as ${writer} on this data folder`, error)
  }
  held.add(lock)
  return () => {
    held.delete(lock)
    lock.close()
  }
}

/**
 * Holds a data folder as every process that runs on it does: `spark up`, and the writers named. Throws StorageError `locked` while one
 * runs, and holds nothing then. Returns what gives the folder back.
 */
export function lockFolder(dataDir: string, writers: Iterable<string>): () => void {
  const releases: (() => void)[] = []
  const unlock = () => releases.forEach((release) => release())
  try {
    for (const writer of new Set([SUPERVISOR, ...writers])) releases.push(lockWriter(dataDir, writer))
  } catch (error) {
    unlock()
    throw error
  }
  return unlock
}
