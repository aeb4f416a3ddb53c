import type { TriageMoveName } from '@spark/contract/triage'
import { checkSignals } from './check-signals.ts'
import { clockDrift } from './clock-drift.ts'
import { frequentErrors } from './frequent-errors.ts'
import { lookAtJobs } from './look-at-jobs.ts'
import { markCalibration } from './calibration-marker.ts'
import { pingExecutor } from './ping-executor.ts'
import { proposeEqualWeights } from './propose-weights.ts'
import { restartExecutor } from './restart-executor.ts'
import { goPreviewOnly, raiseFloor, slowPolls } from './steer.ts'
import { tellPeople } from './tell-people.ts'
import type { Found, Move, MoveRequest, NotMade, TriageDeps } from './triage-deps.ts'

const MOVES: Record<TriageMoveName, Move> = {
  floor: raiseFloor,
  poll: slowPolls,
  'preview-only': goPreviewOnly,
  weights: proposeEqualWeights,
  ping: pingExecutor,
  restart: restartExecutor,
  jobs: lookAtJobs,
  drift: clockDrift,
  signals: checkSignals,
  errors: frequentErrors,
  marker: markCalibration,
  notify: tellPeople,
}

const FINDINGS_AUDITED = 20
const CHARACTERS_AUDITED = 500

/** Makes a move of the playbook's triage, whoever asks, and leaves its row in the audit: who, why, before, after. */
export async function makeMove(deps: TriageDeps, move: TriageMoveName, request: MoveRequest): Promise<Found | NotMade> {
  const found = await MOVES[move](deps, request)
  if ('problem' in found) return found
  const { ok, findings, before = null, after = null } = found
  await deps.stores.outbox.add(deps.stores.db, [
    {
      ts: deps.clock.nowMs(),
      action: `triage.${move.replace('-', '_')}`,
      actor: request.who.actor,
      traceId: request.who.traceId,
      result: 'ok',
      context: {
        reason: request.reason,
        value: request.value,
        ok,
        findings: findings.slice(0, FINDINGS_AUDITED).map((text) => text.slice(0, CHARACTERS_AUDITED)),
        before,
        after,
      },
    },
  ])
  return found
}
