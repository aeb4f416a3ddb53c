import { canonicalJson } from '@spark/core/audit/canonical-json'
import { HOUR, run } from '@spark/core/rollout/rollout-fixture'
import { expect, it } from 'vitest'
import { stateText } from './state-text.ts'

it('the text of a state is its canonical one, whatever stands in it and whoever made it', () => {
  const commands = (sinceMs: number) =>
    sinceMs === HOUR ? [{ kind: 'pause' as const, by: 'ada "recent":[]', reason: 'a test $& of \\"recent\\":[]' }] : []
  for (const hours of [0.01, 0.5, 1.2, 5]) {
    const { state } = run({ commands }, hours * HOUR)
    for (const one of [state, structuredClone(state)]) expect(stateText(one)).toBe(canonicalJson(state))
  }
})
