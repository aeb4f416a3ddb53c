import { describe, expect, it } from 'vitest'
import { GENESIS_HASH } from './chain.ts'
import { checkpointText, parseCheckpoint, type Checkpoint } from './checkpoint.ts'

const A = 'a'.repeat(64)
const B = 'b'.repeat(64)
const CHECKPOINT: Checkpoint = {
  version: 1,
  ts: 1_700_000_000_000,
  heads: { executor: { seq: 7, hash: B }, 'api-1': { seq: 12, hash: A }, 'api-2': { seq: 0, hash: GENESIS_HASH } },
}

describe('text', () => {
  it('is the same whatever the order of writers, and is read back', () => {
    const { 'api-1': first, 'api-2': second, executor } = CHECKPOINT.heads as Record<string, { seq: number; hash: string }>
    const turned = { heads: { 'api-2': second, 'api-1': first, executor }, ts: CHECKPOINT.ts, version: 1 } as Checkpoint
    expect(checkpointText(turned)).toBe(checkpointText(CHECKPOINT))
    expect(parseCheckpoint(checkpointText(CHECKPOINT))).toEqual(CHECKPOINT)
  })
  it('says what was removed, and is read back', () => {
    const removed = { before: 1_600_000_000_000, heads: { 'api-1': { seq: 4, hash: B } } }
    expect(parseCheckpoint(checkpointText({ ...CHECKPOINT, removed }))).toEqual({ ...CHECKPOINT, removed })
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
      '{"version":1,"ts":1,"heads":{},"removed":null}',
      '{"version":1,"ts":1,"heads":{},"removed":{"before":1,"heads":{"api":{"seq":1,"hash":"xyz"}}}}',
      '{"version":1,"ts":1,"heads":{},"removed":{"heads":{}}}',
    ]) {
      expect(parseCheckpoint(text)).toBeNull()
    }
  })
})
