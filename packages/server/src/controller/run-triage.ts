import type { TriageMoveName } from '@spark/contract/triage'
import type { Effect, TriageMove } from '@spark/core/rollout/outcome'
import type { Log } from '../log.ts'
import type { Randomness } from '../random.ts'
import { makeMove } from '../triage/triage.ts'
import type { TriageDeps } from '../triage/triage-deps.ts'

/** The same moves as by hand. */
const MOVES: Record<TriageMove, TriageMoveName> = {
  ping_executor: 'ping',
  check_jobs: 'jobs',
  clock_drift: 'drift',
  signal_check: 'signals',
  top_errors: 'errors',
  propose_equal_weights: 'weights',
  calibration_marker: 'marker',
}

export interface TriageRunner {
  /** Makes the moves of a decision that is on disk, one after the other. Returns at once: no tick waits for them. */
  run(effects: readonly Effect[]): void
  /** Resolves when what was begun is done. */
  stop(): Promise<void>
}

export function createTriageRunner(parts: { deps: TriageDeps; log: Log; random: Pick<Randomness, 'traceId'> }): TriageRunner {
  const { deps, log, random } = parts
  let turn: Promise<void> = Promise.resolve()
  async function make({ move, gate }: Extract<Effect, { kind: 'triage' }>): Promise<void> {
    const who = { actor: 'controller', traceId: random.traceId() }
    try {
      const found = await makeMove(deps, MOVES[move], { value: null, reason: `the gate ${gate} is critical`, who })
      log.warn({ move: MOVES[move], gate, ...found }, 'triage')
    } catch (error) {
      // Whatever it was: the decision stands, and the next tick comes.
      log.error({ err: error, move: MOVES[move], gate }, 'a move of the triage failed')
    }
  }
  return {
    run(effects) {
      for (const effect of effects) if (effect.kind === 'triage') turn = turn.then(() => make(effect))
    },
    stop: () => turn,
  }
}
