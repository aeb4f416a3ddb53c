import { canonicalJson } from './canonical-json.ts'
import type { ChainHead } from './chain.ts'

/** The heads of all writers at one moment. Signed and kept elsewhere, it shows later truncation. */
export interface Checkpoint {
  version: 1
  /** When it was taken, ms UTC. */
  ts: number
  /** By writer, in no order. */
  heads: Record<string, ChainHead>
  /** What retention removed with this checkpoint or before. */
  removed?: RemovedRows
}

export interface RemovedRows {
  /** Everything from this time on, ms UTC, is kept. */
  before: number
  /** By writer, the last row that is not kept. */
  heads: Record<string, ChainHead>
}

const WRITER = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/
const HASH = /^[0-9a-f]{64}$/

/** The text that is signed. */
export function checkpointText(checkpoint: Checkpoint): string {
  return canonicalJson(checkpoint)
}

/** Reads `checkpointText` back; null when the text is not one. */
export function parseCheckpoint(text: string): Checkpoint | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  if (!isRecord(value) || value['version'] !== 1 || !isCount(value['ts'])) return null
  const heads = parseHeads(value['heads'])
  if (heads === null) return null
  const checkpoint: Checkpoint = { version: 1, ts: value['ts'], heads }
  const removed = value['removed']
  if (removed === undefined) return checkpoint
  if (!isRecord(removed) || !isCount(removed['before'])) return null
  const last = parseHeads(removed['heads'])
  return last === null ? null : { ...checkpoint, removed: { before: removed['before'], heads: last } }
}

function parseHeads(value: unknown): Record<string, ChainHead> | null {
  if (!isRecord(value)) return null
  const heads: Record<string, ChainHead> = {}
  for (const [writer, head] of Object.entries(value)) {
    if (!WRITER.test(writer) || !isRecord(head) || !isCount(head['seq'])) return null
    const { seq, hash } = head
    if (typeof hash !== 'string' || !HASH.test(hash)) return null
    heads[writer] = { seq, hash }
  }
  return heads
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}
