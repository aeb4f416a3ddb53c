import { describe, expect, it } from 'vitest'
import { GENESIS_HASH } from './chain.ts'
import { checkpointText, compareCheckpoint, parseCheckpoint, type Checkpoint, type WriterFacts } from './checkpoint.ts'

const A = 'a'.repeat(64)
const B = 'b'.repeat(64)
const CHECKPOINT: Checkpoint = {
  version: 1,
  ts: 1_700_000_000_000,
  heads: { executor: { seq: 7, hash: B }, 'api-1': { seq: 12, hash: A }, 'api-2': { seq: 0, hash: GENESIS_HASH } },
}

function compare(changes: Record<string, WriterFacts | undefined>): string[] {
  const facts: Record<string, WriterFacts | undefined> = {
    'api-1': { headSeq: 20, hashAtCheckpoint: A },
    'api-2': { headSeq: 3, hashAtCheckpoint: GENESIS_HASH },
    executor: { headSeq: 7, hashAtCheckpoint: B },
    ...changes,
  }
  const known = new Map<string, WriterFacts>()
  for (const [writer, fact] of Object.entries(facts)) if (fact !== undefined) known.set(writer, fact)
  return compareCheckpoint(CHECKPOINT, known).map((problem) => `${problem.writer} ${problem.code} ${problem.seq}`)
}

describe('text', () => {
  it('is the same whatever the order of writers, and is read back', () => {
    const { 'api-1': first, 'api-2': second, executor } = CHECKPOINT.heads as Record<string, { seq: number; hash: string }>
    const turned = { heads: { 'api-2': second, 'api-1': first, executor }, ts: CHECKPOINT.ts, version: 1 } as Checkpoint
    expect(checkpointText(turned)).toBe(checkpointText(CHECKPOINT))
    expect(parseCheckpoint(checkpointText(CHECKPOINT))).toEqual(CHECKPOINT)
  })
  it('that is not a checkpoint is refused', () => {
    for (const text of [
      '',
      'null',
      '[]',
      '{"version":2,"ts":1,"heads":{}}',
      '{"version":1,"ts":-1,"heads":{}}',
      '{"version":1,"ts":1,"heads":[]}',
      '{"version":1,"ts":1,"heads":{"__proto__":{"seq":1,"hash":"a"}}}',
      '{"version":1,"ts":1,"heads":{"api":{"seq":1.5,"hash":"a"}}}',
      '{"version":1,"ts":1,"heads":{"api":{"seq":1,"hash":"xyz"}}}',
      '{"version":1,"ts":1,"heads":{"api":null}}',
    ]) {
      expect(parseCheckpoint(text)).toBeNull()
    }
  })
})

describe('comparison', () => {
  it('finds nothing when every head is still there, and does not mind later writers', () => {
    expect(compare({})).toEqual([])
    expect(compare({ 'api-3': { headSeq: 1, hashAtCheckpoint: null } })).toEqual([])
  })
  it('finds truncation, also of a whole writer', () => {
    expect(compare({ 'api-1': { headSeq: 11, hashAtCheckpoint: null } })).toEqual(['api-1 truncated 12'])
    expect(compare({ executor: undefined })).toEqual(['executor truncated 7'])
    expect(compare({ 'api-2': undefined })).toEqual([])
  })
  it('finds a row that is gone or another one', () => {
    expect(compare({ 'api-1': { headSeq: 20, hashAtCheckpoint: null } })).toEqual(['api-1 missing 12'])
    expect(compare({ 'api-1': { headSeq: 12, hashAtCheckpoint: B } })).toEqual(['api-1 rewritten 12'])
  })
})
