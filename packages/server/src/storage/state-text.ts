import { canonicalJson } from '@spark/core/audit/canonical-json'
import type { GateStates } from '@spark/core/rollout/gate'
import type { SliceFacts, Tally } from '@spark/core/rollout/slice'
import type { RolloutState } from '@spark/core/rollout/state'

type Part = SliceFacts | GateStates | Tally

interface Kept {
  state: RolloutState | null
  text: string
  parts: ReadonlyMap<Part, string>
}

/** Of the state that was written last. A WeakMap would keep all while somebody holds all states, and slow every collection of garbage down. */
let kept: Kept = { state: null, text: '', parts: new Map() }

/**
 * The canonical text of a state, which is stored and whose SHA-256 the audit keeps. Most of it are slices, gates and tally, which
 * often are those of the tick before: their texts are kept until the next one.
 */
export function stateText(state: RolloutState): string {
  if (kept.state === state) return kept.text
  const { recent, gates, tally, ...rest } = state
  const parts = new Map<Part, string>()
  const textOf = (part: Part): string => {
    const text = kept.parts.get(part) ?? canonicalJson(part)
    parts.set(part, text)
    return text
  }
  const text = canonicalJson({ ...rest, recent: [], gates: {}, tally: {} })
    // Quotes inside of a string are escaped, so that no text in it can look like these.
    .replace('"recent":[]', () => `"recent":[${recent.map(textOf).join(',')}]`)
    .replace('"gates":{}', () => `"gates":${textOf(gates)}`)
    .replace('"tally":{}', () => `"tally":${textOf(tally)}`)
  kept = { state, text, parts }
  return text
}
