import { type ChainHead, GENESIS_HASH } from '@spark/core/audit/chain'
import type { Kysely } from 'kysely'
import type { AuditSegmentRow, AuditTables } from '../tables.ts'
import type { AuditProblem } from './audit-problem.ts'
import { verifySegment } from './verify-segment.ts'

export type CheckpointHead = ChainHead & { place: string }

export interface VerifiedChain {
  /** That are there. */
  rows: number
  segments: number
  /** Of them, what a removal that waits or was interrupted left, and what no row that is there leads to: anybody can have put it there. */
  unproven: number
  head: ChainHead
}

/** A segment has at most 1 MiB of lines, so that a page of them stays small. */
const PAGE_SEGMENTS = 8
const STRANGERS_TOLD_MAX = 10

/**
 * Walks a whole chain in constant memory, comparing it with what checkpoints saw (one iterator a source, each in its order). `start`: rows up
 * to this one need not be there, because retention removed them. `apart`: in its place nothing of another writer may stand.
 */
export async function verifyWriter(
  chain: Kysely<AuditTables>,
  writer: string,
  options: { checkpoints: readonly AsyncIterator<CheckpointHead, void>[]; start: ChainHead | null; apart: boolean },
  tell: (problem: AuditProblem) => void,
): Promise<VerifiedChain> {
  const { checkpoints, start, apart } = options
  const comparisons = await Promise.all(checkpoints.map((iterator) => CheckpointComparison.start(iterator, writer, tell)))
  let head: ChainHead = { seq: 0, hash: GENESIS_HASH }
  let rows = 0
  let segments = 0
  const left = new LeftRows(start, apart)
  for await (const segment of segmentsOf(chain, writer)) {
    head = left.before(segment, head)
    rows += segment.last_seq - segment.first_seq + 1
    segments += 1
    const verified = verifySegment(segment, head)
    for (const problem of verified.problems) tell(await refined(chain, segment, head, problem))
    for (const comparison of comparisons) await comparison.pass(segment)
    head = verified.head
  }
  head = left.end(head)
  for (const comparison of comparisons) await comparison.end(head)
  if (apart) for (const stranger of await strangersIn(chain, writer)) tell(stranger)
  return { rows, segments, unproven: left.unproven, head }
}

/**
 * Rows that retention has signed and not removed yet. They follow nothing that is there. In a file of its own (`apart`) they go oldest
 * first, so they reach up to the start; elsewhere months go, in which there are rows of other places of the chain.
 */
class LeftRows {
  readonly #start: ChainHead | null
  readonly #apart: boolean
  #isFirst = true
  #run = 0
  unproven = 0

  constructor(start: ChainHead | null, apart: boolean) {
    this.#start = start
    this.#apart = apart
  }

  /** What a segment should follow. */
  before({ first_seq, last_seq, prev_hash }: AuditSegmentRow, head: ChainHead): ChainHead {
    const isFirst = this.#isFirst
    this.#isFirst = false
    if (this.#start === null || head.seq >= this.#start.seq) return head
    if (first_seq <= head.seq + 1) return this.#add(last_seq - first_seq + 1, head)
    if (!isFirst && this.#apart) return head
    this.unproven += this.#run
    this.#run = 0
    if (first_seq > this.#start.seq) return this.#start
    return this.#add(last_seq - first_seq + 1, { seq: first_seq - 1, hash: prev_hash })
  }

  /** Where the chain ends, its last row being that of `head`. */
  end(head: ChainHead): ChainHead {
    if (this.#start === null || head.seq >= this.#start.seq) return head
    this.unproven += this.#run
    return this.#apart && !this.#isFirst ? head : this.#start
  }

  #add(rows: number, head: ChainHead): ChainHead {
    this.#run += rows
    return head
  }
}

/** A segment that does not follow may stand in another's place: the one that belongs here names `head` as its predecessor. */
async function refined(
  chain: Kysely<AuditTables>,
  segment: AuditSegmentRow,
  head: ChainHead,
  problem: AuditProblem,
): Promise<AuditProblem> {
  if (problem.kind !== 'edited' || segment.prev_hash === head.hash || problem.seq !== segment.first_seq) return problem
  const rightful = await chain
    .selectFrom('audit_segment')
    .select('first_seq')
    .where('writer', '=', segment.writer)
    .where('prev_hash', '=', head.hash)
    .where('first_seq', '!=', segment.first_seq)
    .executeTakeFirst()
  if (rightful === undefined) return problem
  const message = `segment ${segment.first_seq} of ${segment.writer} stands in the wrong place; the one that belongs there stands at ${rightful.first_seq}`
  return { ...problem, kind: 'reordered', message }
}

async function* segmentsOf(chain: Kysely<AuditTables>, writer: string): AsyncGenerator<AuditSegmentRow, void, void> {
  let afterSeq = Number.MIN_SAFE_INTEGER
  for (;;) {
    const page = await chain
      .selectFrom('audit_segment')
      .selectAll()
      .where('writer', '=', writer)
      .where('first_seq', '>', afterSeq)
      .orderBy('first_seq')
      .limit(PAGE_SEGMENTS)
      .execute()
    yield* page
    const last = page.at(-1)
    if (last === undefined) return
    afterSeq = last.first_seq
  }
}

async function strangersIn(chain: Kysely<AuditTables>, writer: string): Promise<AuditProblem[]> {
  const found = await chain
    .selectFrom('audit_segment')
    .select(['writer', 'first_seq'])
    .where('writer', '!=', writer)
    .limit(STRANGERS_TOLD_MAX)
    .execute()
  return found.map((row) => ({
    kind: 'wrong_writer',
    writer,
    seq: row.first_seq,
    segment: row.first_seq,
    message: `segment ${row.first_seq} in the file of ${writer} carries the name "${row.writer}"`,
  }))
}

/** Follows the checkpoints of one source along a chain; tells the first that does not hold, because all after it do not either. */
class CheckpointComparison {
  readonly #iterator: AsyncIterator<CheckpointHead, void>
  readonly #writer: string
  readonly #tell: (problem: AuditProblem) => void
  #next: CheckpointHead | null = null
  #lastSeq = 0
  #told = false

  private constructor(iterator: AsyncIterator<CheckpointHead, void>, writer: string, tell: (problem: AuditProblem) => void) {
    this.#iterator = iterator
    this.#writer = writer
    this.#tell = tell
  }

  static async start(
    iterator: AsyncIterator<CheckpointHead, void>,
    writer: string,
    tell: (problem: AuditProblem) => void,
  ): Promise<CheckpointComparison> {
    const comparison = new CheckpointComparison(iterator, writer, tell)
    await comparison.#advance()
    return comparison
  }

  async pass(segment: AuditSegmentRow): Promise<void> {
    let hashes: string[] | null = null
    while (this.#next !== null && this.#next.seq <= segment.last_seq) {
      const { seq, hash, place } = this.#next
      hashes ??= segment.hashes.split('\n')
      if (seq < this.#lastSeq) {
        this.#report('rewritten', seq, null, `${place} saw ${this.#writer} end at row ${seq}, where an earlier one saw more`)
      } else if (seq >= segment.first_seq - 1 && (hashes[seq - segment.first_seq] ?? segment.prev_hash) !== hash) {
        const message = `row ${seq} of ${this.#writer} is not the one that ${place} saw; it or a row before it was replaced`
        this.#report('rewritten', seq, segment.first_seq, message)
      }
      this.#lastSeq = seq
      await this.#advance()
    }
  }

  async end(head: ChainHead): Promise<void> {
    // Of a chain of which retention left nothing.
    while (this.#next !== null && this.#next.seq <= head.seq) {
      if (this.#next.seq === head.seq && this.#next.hash !== head.hash)
        this.#report('rewritten', head.seq, null, `${this.#next.place} saw another row ${head.seq} of ${this.#writer}`)
      await this.#advance()
    }
    if (this.#next === null) return
    const { seq, place } = this.#next
    const message = `${this.#writer} ends at row ${head.seq}, and ${place} saw row ${seq}: rows ${head.seq + 1} and later were removed`
    this.#report('truncated', head.seq + 1, null, message)
  }

  #report(kind: 'rewritten' | 'truncated', seq: number, segment: number | null, message: string): void {
    if (!this.#told) this.#tell({ kind, writer: this.#writer, seq, segment, message })
    this.#told = true
  }

  async #advance(): Promise<void> {
    // A chain that had no row yet says nothing about the rows that came.
    do this.#next = (await this.#iterator.next()).value ?? null
    while (this.#next?.seq === 0)
  }
}
