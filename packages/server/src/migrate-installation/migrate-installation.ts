import type { ChainHead } from '@spark/core/audit/chain'
import type { Clock } from '../clock.ts'
import { catchUpAuditIndex } from '../storage/audit/audit-indexer.ts'
import type { AuditLocation } from '../storage/audit/audit-location.ts'
import { auditWriters } from '../storage/audit/audit-files.ts'
import { verifyAudit } from '../storage/audit/verify-audit.ts'
import { lockFolder } from '../storage/audit/writer-lock.ts'
import { type Comparison, comparePart } from './compare-part.ts'
import { CopyTarget } from './copy-target.ts'
import { type InstallationSource, openInstallationSource } from './installation-source.ts'
import { type InstallationPart, readPage } from './installation-part.ts'

export interface MigrateOptions {
  dataDir: string
  databasePath: string
  /** `postgres://…` */
  url: string
  /** PEM of the checkpoints' key; null: there is none. */
  publicKey: string | null
  clock: Clock
  /** `rebuildable`: the server may be one that flushes nothing to disk. Default `full`. */
  durability?: 'full' | 'rebuildable'
  /** The target is known: a copy begins, or goes on that was begun then (ms). */
  onBegin?: (target: string, begunAt: number | null) => void
  onStage?: (stage: Stage) => void
}

/** A step that is done. */
export interface Stage {
  name: string
  rows: number
  seconds: number
}

export interface Migration {
  /** Of the database, without user and password. */
  target: string
  stages: Stage[]
  parts: Comparison[]
  chains: { writer: string; source: ChainHead; target: ChainHead | null }[]
  checkpoints: number
  /** What is not alike; at most 1,000. Empty: the copy is the installation. */
  differences: string[]
}

const DIFFERENCES_MAX = 1_000

/**
 * Copies an installation from its files into an empty PostgreSQL database, and reads both again. Ended at any point, it goes on with
 * the next call. Rejects with MigrateError, and with StorageError `locked` while Spark runs on the data folder; nothing is changed then.
 */
export async function migrateInstallation(options: MigrateOptions): Promise<Migration> {
  const { dataDir, url, clock, durability = 'full' } = options
  const unlock = lockFolder(dataDir, await auditWriters(dataDir))
  try {
    const source = await openInstallationSource(options)
    try {
      const target = await CopyTarget.open({ url, durability }, source, clock.nowMs())
      try {
        options.onBegin?.(target.name, target.begunAt)
        return await copyAndVerify({ ...options, durability }, source, target)
      } finally {
        await target.close()
      }
    } finally {
      await source.close()
    }
  } finally {
    unlock()
  }
}

async function copyAndVerify(
  options: MigrateOptions & Required<Pick<AuditLocation, 'durability'>>,
  source: InstallationSource,
  target: CopyTarget,
): Promise<Migration> {
  const { dataDir, url: databasePath, durability, publicKey } = options
  const stages: Stage[] = []
  const timed = async <Result>(name: string, work: () => Promise<Result>, rowsOf: (result: Result) => number) => {
    const beganMs = options.clock.realMs()
    const result = await work()
    const stage = { name, rows: rowsOf(result), seconds: (options.clock.realMs() - beganMs) / 1000 }
    stages.push(stage)
    options.onStage?.(stage)
    return result
  }
  for (const part of source.parts)
    await timed(
      `copy ${part.name}`,
      () => copyPart(part, target),
      (rows) => rows,
    )
  await target.setNumbers(source.lastNumbers)
  const audit: AuditLocation = { dataDir, databasePath, durability }
  await timed(
    'index the audit',
    () => catchUpAuditIndex(audit),
    ({ rows }) => rows,
  )
  const parts: Comparison[] = []
  for (const part of source.parts)
    await timed(
      `compare ${part.name}`,
      async () => parts.push(await comparePart(part, target.db)),
      () => source.rows.get(part.name) ?? 0,
    )
  const differences = parts.flatMap(differenceOf)
  // The verification opens the database as a process does.
  if (differences.length === 0) await target.letIn()
  else return { target: target.name, stages, parts, chains: [], checkpoints: 0, differences }
  const report = await timed(
    'verify the audit',
    () => verifyAudit({ ...audit, ...(publicKey !== null && { publicKey }) }),
    ({ writers }) => writers.reduce((sum, { rows }) => sum + rows, 0),
  )
  const headOf = (writer: string) => report.writers.find((one) => one.writer === writer)?.head ?? null
  const chains = Object.entries(source.heads).map(([writer, head]) => ({ writer, source: head, target: headOf(writer) }))
  for (const { writer, source: head, target: copy } of chains)
    if (copy?.seq !== head.seq || copy.hash !== head.hash)
      differences.push(`chain ${writer} ends at row ${copy?.seq ?? 0} where it should end at row ${head.seq}`)
  differences.push(...report.problems.map(({ kind, message }) => `${kind}: ${message}`))
  if (differences.length === 0) await target.finish()
  else await target.keepOthersOut()
  const checkpoints = report.checkpoints.checked
  return { target: target.name, stages, parts, chains, checkpoints, differences: differences.slice(0, DIFFERENCES_MAX) }
}

/** Resolves with how many rows were copied now. */
async function copyPart(part: InstallationPart, target: CopyTarget): Promise<number> {
  let progress = await target.progressOf(part)
  const before = progress.rows
  for (;;) {
    const page = await readPage(part.source, part, progress.after)
    if (page.length === 0) return progress.rows - before
    progress = await target.add(part, page, progress)
  }
}

function differenceOf({ part, rows, digest, differsAt }: Comparison): string[] {
  if (rows.source !== rows.target)
    return [`${part} has ${rows.target} rows where ${rows.source} should be; the first that differs: ${differsAt}`]
  return digest.source === digest.target ? [] : [`${part} differs in the row of ${differsAt}`]
}
