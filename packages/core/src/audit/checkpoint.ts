import { canonicalJson } from './canonical-json.ts'
import type { ChainHead } from './chain.ts'

/** The heads of all writers at one moment. Signed and kept elsewhere, it shows later truncation. */
export interface Checkpoint {
  version: 1
  /** When it was taken, ms UTC. */
  ts: number
  /** By writer, in no order. */
  heads: Record<string, ChainHead>
}

/** What the storage says of one writer now. */
export interface WriterFacts {
  /** seq of its newest row. */
  headSeq: number
  /** Hash of its row at the checkpoint's seq; null when there is none. GENESIS_HASH for seq 0. */
  hashAtCheckpoint: string | null
}

export interface CheckpointProblem {
  /** `truncated`: rows after `headSeq` are gone. `missing`: the row itself is gone. `rewritten`: it is another one. */
  code: 'truncated' | 'missing' | 'rewritten'
  writer: string
  seq: number
  detail: string
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
  if (!isRecord(value) || value['version'] !== 1 || !isCount(value['ts']) || !isRecord(value['heads'])) return null
  const heads: Record<string, ChainHead> = {}
  for (const [writer, head] of Object.entries(value['heads'])) {
    if (!WRITER.test(writer) || !isRecord(head) || !isCount(head['seq'])) return null
    const { seq, hash } = head
    if (typeof hash !== 'string' || !HASH.test(hash)) return null
    heads[writer] = { seq, hash }
  }
  return { version: 1, ts: value['ts'], heads }
}

/** What is not as the checkpoint says, by writer; empty when everything holds. Writers that came later are no problem. */
export function compareCheckpoint(checkpoint: Checkpoint, facts: ReadonlyMap<string, WriterFacts>): CheckpointProblem[] {
  const problems: CheckpointProblem[] = []
  for (const [writer, head] of Object.entries(checkpoint.heads)) {
    const actual = facts.get(writer) ?? { headSeq: 0, hashAtCheckpoint: null }
    const problem = { writer, seq: head.seq }
    if (actual.headSeq < head.seq) {
      const detail = `${writer} ends at row ${actual.headSeq}, the checkpoint saw row ${head.seq}`
      problems.push({ code: 'truncated', ...problem, detail })
    } else if (actual.hashAtCheckpoint === null) {
      if (head.seq > 0) problems.push({ code: 'missing', ...problem, detail: `row ${head.seq} of ${writer} is not there` })
    } else if (actual.hashAtCheckpoint !== head.hash) {
      const detail = `row ${head.seq} of ${writer} is not the one the checkpoint saw`
      problems.push({ code: 'rewritten', ...problem, detail })
    }
  }
  return problems
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}
