import { finding } from '@spark/contract/finding'
import { DEFAULT_PLAN, type RolloutPlan } from '@spark/core/rollout/plan'
import { applySettings } from '../rollout/apply-settings.ts'
import { commandRollout } from '../rollout/decide-rollout.ts'
import { readRolloutNow, type RolloutNow } from '../rollout/rollout-now.ts'
import type { Found, Move, MoveRequest, NotMade, TriageDeps } from './triage-deps.ts'

const now = ({ config, stores, apply, clock }: TriageDeps): Promise<RolloutNow> =>
  readRolloutNow({ config, stores, settings: apply.settings }, stores.db, clock.nowMs())
const planOf = ({ rollout }: RolloutNow): RolloutPlan => rollout?.frozen.plan ?? DEFAULT_PLAN

/** Raises the confidence floor, by the plan's step when no value is given: fewer decisions, no fewer scores. */
export const raiseFloor: Move = async (deps, request) => {
  const before = await now(deps)
  const { floorStep, floorMax } = planOf(before)
  const wanted = Math.max(before.baseFloor, Math.min(floorMax, before.baseFloor + floorStep))
  return applied(deps, request, { ML_CONFID_FLOOR: request.value ?? String(Number(wanted.toFixed(4))) })
}

/** Polls less often, by the plan's factor when no value is given: less load. */
export const slowPolls: Move = async (deps, request) => {
  const before = await now(deps)
  const wanted = Math.round(before.basePollIntervalMs * planOf(before).pollFactor)
  return applied(deps, request, { POLL_INTERVAL_MS: request.value ?? String(wanted) })
}

async function applied(
  deps: TriageDeps,
  { reason, who }: MoveRequest,
  values: Parameters<typeof applySettings>[1],
): Promise<Found | NotMade> {
  const answer = await applySettings(deps.apply, values, { ...who, reason })
  if ('problems' in answer) return { code: 'setting_refused', problem: answer.problems.join('; ') }
  const { changes } = answer
  const of = (side: 'before' | 'after') => Object.fromEntries(changes.map((change) => [change.name, change[side]]))
  return {
    ok: true,
    findings:
      changes.length === 0
        ? [finding('unchanged')]
        : changes.map(({ name: setting, before, after }) => finding('changed', { setting, before, after })),
    before: of('before'),
    after: of('after'),
  }
}

/** Nobody acts on ML any more, scoring goes on. */
export const goPreviewOnly: Move = async (deps, { reason, who }) => {
  const phase = (await now(deps)).rollout?.state.phase ?? null
  const answer = await commandRollout(deps.apply.parts, { kind: 'preview', by: who.actor, reason }, who)
  if ('problem' in answer) return answer
  const { rollout, epoch, onTheWire } = answer
  return {
    ok: true,
    findings: [
      finding('preview_only', { rollout: rollout.id }),
      ...(epoch === null
        ? []
        : [
            onTheWire.length === 0
              ? finding('none_on_wire', { epoch })
              : finding('on_wire', { epoch, orders: onTheWire.join(', ') }),
          ]),
    ],
    before: { phase },
    after: { phase: rollout.state.phase, epoch },
  }
}
