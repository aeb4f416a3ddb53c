import { type ChainHead, type ChainItem, verifyChain } from '@spark/core/audit/chain'
import { sha256 } from '../../sha256.ts'
import type { AuditSegmentRow } from '../tables.ts'
import { tsOfLine } from './audit-event.ts'
import type { AuditProblem, AuditProblemKind } from './audit-problem.ts'

/**
 * What is wrong with one segment that should follow `head`, and where the chain goes on behind it: from what the segment
 * itself says, so that one fault is told once and not again for every row after it.
 */
export function verifySegment(segment: AuditSegmentRow, head: ChainHead): { problems: AuditProblem[]; head: ChainHead } {
  const problems: AuditProblem[] = []
  const { writer, first_seq: firstSeq, last_seq: lastSeq } = segment
  const tell = (kind: AuditProblemKind, seq: number, message: string) => {
    problems.push({ kind, writer, seq, segment: firstSeq, message })
  }
  const lines = segment.body.split('\n')
  const hashes = segment.hashes.split('\n')
  const follows = firstSeq === head.seq + 1

  if (firstSeq > head.seq + 1) tell('missing', head.seq + 1, `${rows(head.seq + 1, firstSeq - 1)} of ${writer} are not there`)
  if (firstSeq <= head.seq) tell('duplicate', firstSeq, `segment ${firstSeq} of ${writer} begins inside the one before it`)
  if (follows && segment.prev_hash !== head.hash) {
    tell('edited', firstSeq, `segment ${firstSeq} of ${writer} does not follow row ${head.seq}: one of the two was changed`)
  }

  const items: ChainItem[] = lines.map((line, at) => ({ seq: firstSeq + at, hash: hashes[at] ?? '', line }))
  const verdict = verifyChain(sha256, writer, { seq: firstSeq - 1, hash: segment.prev_hash }, items)
  const counted = lastSeq - firstSeq + 1
  if (!verdict.ok) {
    const { kind, seq, detail } = verdict.broken
    if (lines.length < counted)
      tell('missing', seq, `${counted - lines.length} rows are missing in segment ${firstSeq} of ${writer}, from row ${seq} on`)
    else if (lines.length > counted)
      tell('duplicate', seq, `segment ${firstSeq} of ${writer} has ${lines.length - counted} rows too many, from row ${seq} on`)
    else tell(kind, seq, detail)
  } else if (lines.length !== counted || hashes.length !== lines.length) {
    const kind = lines.length < counted ? 'missing' : 'edited'
    tell(
      kind,
      firstSeq + Math.min(lines.length, counted),
      `segment ${firstSeq} of ${writer} says it has ${counted} rows, and has ${lines.length}`,
    )
  } else if (!hasTimesOf(segment, lines)) {
    tell('edited', firstSeq, `the times of segment ${firstSeq} of ${writer} are not those of its rows`)
  }
  return { problems, head: { seq: lastSeq, hash: hashes.at(-1) ?? '' } }
}

function hasTimesOf(segment: AuditSegmentRow, lines: readonly string[]): boolean {
  let firstTs = Number.POSITIVE_INFINITY
  let lastTs = Number.NEGATIVE_INFINITY
  for (const line of lines) {
    const ts = tsOfLine(line)
    firstTs = Math.min(firstTs, ts)
    lastTs = Math.max(lastTs, ts)
  }
  return segment.first_ts === firstTs && segment.last_ts === lastTs
}

function rows(first: number, last: number): string {
  return first === last ? `row ${first}` : `rows ${first} to ${last}`
}
