import { canonicalJson } from '@spark/core/audit/canonical-json'
import { HOUR, run } from '@spark/core/rollout/rollout-fixture'
import { expect, it } from 'vitest'
import { sha256 } from '../sha256.ts'
import { stateDigest } from './decide-rollout.ts'

it('the digest of a state is that of its canonical text, whatever stands in it and whoever made it', () => {
  const commands = (sinceMs: number) =>
    sinceMs === HOUR ? [{ kind: 'pause' as const, by: 'ada "recent":[]', reason: 'a test $& of \\"recent\\":[]' }] : []
  for (const hours of [0.01, 0.5, 1.2, 5]) {
    const { state } = run({ commands }, hours * HOUR)
    for (const one of [state, structuredClone(state)]) expect(stateDigest(one)).toBe(sha256(canonicalJson(state)))
  }
})
