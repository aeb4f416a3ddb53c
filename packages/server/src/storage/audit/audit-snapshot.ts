import { createWriteStream } from 'node:fs'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { dayText } from '@spark/contract/time'
import { pipeline } from 'node:stream/promises'
import type { AuditReader } from './audit-reader.ts'

const DAY_MS = 86_400_000
const PAGE_ROWS = 1_000
const NAME = /^audit_snapshot_(\d{8})\.json$/

/**
 * Writes the UTC day that holds `timeMs` as `<folder>/audit_snapshot_YYYYMMDD.json`, in the shape and order of audit/list
 * without a filter, but whole. Constant memory. The file appears when it is complete, in place of an older one.
 */
export async function writeAuditSnapshot(options: {
  reader: AuditReader
  timeMs: number
  folder: string
}): Promise<{ path: string; rows: number }> {
  const { reader, timeMs, folder } = options
  const from = Math.floor(timeMs / DAY_MS) * DAY_MS
  const path = join(folder, `audit_snapshot_${dayName(from)}.json`)
  const draft = `${path}.new`
  let rows = 0

  async function* text(): AsyncGenerator<string> {
    yield '{"items":['
    let cursor: string | null = null
    do {
      const query = { from, to: from + DAY_MS, limit: PAGE_ROWS }
      const page: Awaited<ReturnType<AuditReader['list']>> = await reader.list(cursor === null ? query : { ...query, cursor })
      for (const item of page.items) {
        yield `${rows === 0 ? '\n' : ',\n'}${JSON.stringify(item)}`
        rows += 1
      }
      cursor = page.nextCursor
    } while (cursor !== null)
    yield '\n],"nextCursor":null}\n'
  }

  await mkdir(folder, { recursive: true })
  try {
    await pipeline(text, createWriteStream(draft, { flush: true }))
    await rename(draft, path)
  } finally {
    await rm(draft, { force: true })
  }
  return { path, rows }
}

/** Removes the snapshots of days before that of `beforeMs`; resolves with how many. */
export async function pruneAuditSnapshots(folder: string, beforeMs: number): Promise<number> {
  const old = (await readdir(folder)).filter((name) => (NAME.exec(name)?.[1] ?? '9') < dayName(beforeMs))
  for (const name of old) await rm(join(folder, name), { force: true })
  return old.length
}

/** `20260131`. */
function dayName(ms: number): string {
  return dayText(ms).replaceAll('-', '')
}
