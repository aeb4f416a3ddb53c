/** SHA-256 of the UTF-8 bytes of `text`, as 64 lower-case hex digits. Injected: core has no crypto of its own. */
export type Sha256 = (text: string) => string

/** What the first row of a writer names as its predecessor. */
export const GENESIS_HASH = '0'.repeat(64)

/** The newest row of one writer's chain: `seq` counts from 1 without gaps; an empty chain is `{seq: 0, hash: GENESIS_HASH}`. */
export interface ChainHead {
  seq: number
  hash: string
}

/** A stored row: `line` holds the canonical bytes the hash covers. */
export interface ChainItem extends ChainHead {
  line: string
}

export interface BrokenLink {
  /** `edited`: the row is not what was hashed. `missing`: it is not there. `reordered`: it stands somewhere else. */
  kind: 'edited' | 'missing' | 'reordered'
  /** The place in the chain that does not hold. */
  seq: number
  detail: string
}

export type ChainVerdict = { ok: true; head: ChainHead } | { ok: false; broken: BrokenLink }

/** Hash of a row: over the previous hash, the writer's name (one line), its seq and the line, each on its own line. */
export function chainHash(sha256: Sha256, previousHash: string, writer: string, seq: number, line: string): string {
  if (writer.includes('\n')) throw new RangeError('a writer has no line break in its name')
  return sha256(`${previousHash}\n${writer}\n${seq}\n${line}`)
}

/**
 * Checks the next rows of a chain, in the order they were read, against the head before them. Returns the new head, to
 * go on with, or the first place that is broken. Give it rows in batches: a row out of place is looked for in its own batch.
 */
export function verifyChain(sha256: Sha256, writer: string, head: ChainHead, items: readonly ChainItem[]): ChainVerdict {
  let { seq, hash } = head
  for (const [index, item] of items.entries()) {
    const expected = chainHash(sha256, hash, writer, seq + 1, item.line)
    if (item.seq !== seq + 1 || item.hash !== expected) {
      return { ok: false, broken: nameBreak(sha256, writer, { seq, hash }, items.slice(index)) }
    }
    seq += 1
    hash = expected
  }
  return { ok: true, head: { seq, hash } }
}

function nameBreak(sha256: Sha256, writer: string, head: ChainHead, items: readonly ChainItem[]): BrokenLink {
  const seq = head.seq + 1
  const found = items[0]?.seq ?? seq
  const home = items.find((item) => item.hash === chainHash(sha256, head.hash, writer, seq, item.line))
  if (home !== undefined)
    return { kind: 'reordered', seq, detail: `row ${seq} of ${writer} stands at ${home.seq}, after row ${found}` }
  if (found > seq) {
    const range = found - 1 > seq ? `rows ${seq} to ${found - 1}` : `row ${seq}`
    return { kind: 'missing', seq, detail: `${range} of ${writer} not there` }
  }
  if (found < seq) return { kind: 'reordered', seq: found, detail: `row ${found} of ${writer} stands after row ${head.seq}` }
  return { kind: 'edited', seq, detail: `row ${seq} of ${writer} does not have the hash it was written with` }
}
