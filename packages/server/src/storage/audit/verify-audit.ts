import type { KeyObject } from 'node:crypto'
import { join } from 'node:path'
import { parseCheckpoint, type RemovedRows } from '@spark/core/audit/checkpoint'
import type { ChainHead } from '@spark/core/audit/chain'
import type { AuditLocation } from './audit-location.ts'
import type { AuditProblem } from './audit-problem.ts'
import { type AuditSource, openAuditSource } from './audit-source.ts'
import { type CheckpointSource, fileSource, type FoundCheckpoint, headsOfWriter, tableSource } from './checkpoint-sources.ts'
import { readIfThere } from '../../key-file.ts'
import { Removals } from './removals.ts'
import { parsePublicKey, signatureHolds } from './signing-key.ts'
import { type CheckpointHead, type VerifiedChain, verifyWriter } from './verify-writer.ts'

export interface VerifyAuditOptions extends AuditLocation {
  /** PEM; default the file `<dataDir>/signing.pub`, which whoever can write the folder can replace. */
  publicKey?: string
  /** The copy of the checkpoints that is kept elsewhere. */
  checkpointsFile?: string
  /** For `told`, ms. */
  toldBefore?: number
}

export interface AuditReport {
  ok: boolean
  writers: ({ writer: string } & VerifiedChain)[]
  /** When retention removed rows last, and from which time on everything is kept, ms; null: it never did. */
  removed: { on: number; before: number } | null
  /** What is removed by all places of checkpoints, as they were at `toldBefore`. */
  told: RemovedRows | null
  checkpoints: { checked: number }
  /** At most 1,000. */
  problems: AuditProblem[]
}

const PROBLEMS_MAX = 1_000

/**
 * Reads every chain from its first row, or from where signed checkpoints say that retention removed what was before, and finds what was
 * edited, removed, added or moved, and rows cut off that a signed checkpoint saw. Works beside running writers. Constant memory; 10,000,000 rows take about a minute. Blocks its thread.
 */
export async function verifyAudit(options: VerifyAuditOptions): Promise<AuditReport> {
  const { dataDir, databasePath = join(dataDir, 'spark.db'), checkpointsFile } = options
  const problems: AuditProblem[] = []
  const tell = (problem: AuditProblem) => {
    if (problems.length < PROBLEMS_MAX) problems.push(problem)
  }
  const sources = [tableSource({ ...options, databasePath })]
  if (checkpointsFile !== undefined) sources.push(fileSource(checkpointsFile))
  const publicKey = await publicKeyOf(options, tell)
  const seen = await verifyCheckpoints(sources, publicKey, tell)

  const writers: AuditReport['writers'] = []
  const chains = openAuditSource(options)
  try {
    const there = await chains.writers()
    for (const writer of [...new Set([...there, ...seen.writers])].sort()) {
      const heads = sources.map((source) => headsOfWriter(source, writer, seen.distrusted))
      const start = seen.removals.startOf(writer)
      try {
        const found = there.includes(writer) ? await verifyChainOf(chains, writer, { heads, start }, tell) : missing(writer, tell)
        if (found !== null) writers.push({ writer, ...found })
      } finally {
        for (const iterator of heads) await iterator.return()
      }
    }
    for (const writer of await chains.strangers())
      tell({
        kind: 'wrong_writer',
        writer,
        seq: null,
        segment: null,
        message: `segments carry the name "${writer}", which has no chain`,
      })
  } finally {
    await chains.close()
  }
  const { checked, removals } = seen
  const told = removals.toldBy(options.toldBefore ?? Infinity)
  return { ok: problems.length === 0, writers, removed: removals.newest(), told, checkpoints: { checked }, problems }
}

async function publicKeyOf(options: VerifyAuditOptions, tell: (problem: AuditProblem) => void): Promise<KeyObject | null> {
  const file = join(options.dataDir, 'signing.pub')
  const pem = options.publicKey ?? (await readIfThere(file))
  if (pem === null) return null
  try {
    return parsePublicKey(pem)
  } catch {
    tell(unsigned(`${options.publicKey === undefined ? file : 'the key given'} is not a public key in PEM`))
    return null
  }
}

interface SeenCheckpoints {
  checked: number
  writers: Set<string>
  /** Places whose checkpoint says nothing, because its signature does not hold. */
  distrusted: Set<string>
  removals: Removals
}

async function verifyCheckpoints(
  sources: readonly CheckpointSource[],
  publicKey: KeyObject | null,
  tell: (problem: AuditProblem) => void,
): Promise<SeenCheckpoints> {
  const seen: SeenCheckpoints = { checked: 0, writers: new Set(), distrusted: new Set(), removals: new Removals() }
  for (const source of sources) {
    seen.removals.begin()
    try {
      for await (const found of source.read()) {
        seen.checked += 1
        const problem = checkpointProblem(found, publicKey)
        const checkpoint = found.signed === null ? null : parseCheckpoint(found.signed.document)
        if (problem !== null) {
          seen.distrusted.add(found.place)
          tell(unsigned(problem))
        } else if (checkpoint !== null) {
          for (const writer of Object.keys(checkpoint.heads)) seen.writers.add(writer)
          seen.removals.add(checkpoint, found.place)
        }
      }
    } catch (error) {
      tell({ ...unsigned(messageOf(error)), kind: 'unreadable' })
    }
  }
  return seen
}

function checkpointProblem({ place, signed, ts }: FoundCheckpoint, publicKey: KeyObject | null): string | null {
  if (publicKey === null) return `there is no public key to check ${place} with`
  if (signed === null) return `${place} is not a signed checkpoint`
  if (!signatureHolds(signed.document, signed.signature, publicKey)) return `the signature of ${place} does not hold`
  const checkpoint = parseCheckpoint(signed.document)
  if (checkpoint === null) return `${place} is signed and not a checkpoint`
  return checkpoint.ts === ts ? null : `${place} was taken at ${new Date(checkpoint.ts).toISOString()}`
}

function missing(writer: string, tell: (problem: AuditProblem) => void): null {
  const message = `a checkpoint saw the writer "${writer}", and its chain is not there`
  tell({ kind: 'missing', writer, seq: null, segment: null, message })
  return null
}

/** Whoever adds to a chain must change its record too, which moves with each append. */
function beyondRecord(writer: string, { seq }: ChainHead, recorded: ChainHead): AuditProblem {
  const message = `${writer} ends at row ${seq}, and the record of its chain says row ${recorded.seq}`
  return { kind: 'rewritten', writer, seq: recorded.seq + 1, segment: null, message }
}

/** The record of a chain is one more that saw where it ended, and retention one that saw where it begins. */
async function* only(head: CheckpointHead | null): AsyncGenerator<CheckpointHead, void, void> {
  if (head !== null) yield head
}

async function verifyChainOf(
  source: AuditSource,
  writer: string,
  { heads, start }: { heads: ReturnType<typeof headsOfWriter>[]; start: CheckpointHead | null },
  tell: (problem: AuditProblem) => void,
): Promise<VerifiedChain | null> {
  try {
    const chain = await source.chain(writer)
    if (chain === null) throw new Error(`${source.placeOf(writer)} has no table of the audit`)
    let whole = true
    // Before the walk: whoever appends meanwhile moves both.
    const end = await source.recordedHead(writer)
    const checkpoints = [...heads, only(start), only(end === null ? null : { ...end, place: 'the record of its chain' })]
    const found = await verifyWriter(chain, writer, { checkpoints, start, apart: source.apart }, (problem) => {
      whole = false
      tell(problem)
    })
    const { head } = found
    const recorded = await source.recordedHead(writer)
    if (whole && recorded !== null && recorded.seq < head.seq) tell(beyondRecord(writer, head, recorded))
    return found
  } catch (error) {
    tell({ kind: 'unreadable', writer, seq: null, segment: null, message: messageOf(error) })
    return null
  }
}

function unsigned(message: string): AuditProblem {
  return { kind: 'bad_signature', writer: null, seq: null, segment: null, message }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
