import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { RolloutCommanded, RolloutView } from '@spark/contract/rollout'
import type { Command } from '@spark/core/rollout/outcome'
import type { RolloutPlan } from '@spark/core/rollout/plan'
import { rolloutPlanOf } from '../../rollout-plan.ts'
import { commandRollout, type Decided } from '../../rollout/decide-rollout.ts'
import { agreeToOverride, askOverride } from '../../rollout/override.ts'
import { historyOf } from '../../rollout/rollout-view.ts'
import { startConfigured } from '../../rollout/start-configured.ts'
import { createOverrideStore } from '../../storage/override-store.ts'
import { ApiProblem } from '../api-problem.ts'
import { breachesOf } from '../../rollout/breach-list.ts'
import type { ApiDeps } from '../deps.ts'
import { whoOf } from '../guard.ts'
import { handle } from '../handle.ts'
import { sloOf } from '../slo-states.ts'

const ROLLOUTS_MAX = 100

export function rolloutRoutes(app: FastifyInstance, deps: ApiDeps): void {
  readRoutes(app, deps)
  commandRoutes(app, deps)
}

function readRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const { rollouts } = deps.desk
  handle(app, 'rollout', async () => deps.rolloutViews.of(await deps.rollout.look()))
  handle(app, 'rolloutHistory', async () => historyOf(await rollouts.list(ROLLOUTS_MAX)))
  handle(app, 'breaches', async () => ({ items: breachesOf(await rollouts.list(ROLLOUTS_MAX), deps.clock.nowMs()) }))
  handle(app, 'slo', () => sloOf(deps.slices, planNow(deps), deps.clock.nowMs()))
}

function commandRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const { clock } = deps
  async function command(request: FastifyRequest, said: Command): Promise<RolloutCommanded> {
    const beganMs = clock.realMs()
    const answer = await commandRollout(deps.rolloutParts, said, whoOf(request))
    if ('problem' in answer) throw new ApiProblem(answer.code, answer.problem)
    return commanded(answer, clock.realMs() - beganMs)
  }

  /** The answer shows the new state; scores of this process obey it from here on. */
  async function commanded({ outcome, epoch, onTheWire }: Omit<Decided, 'rollout'>, tookMs: number): Promise<RolloutCommanded> {
    const { decision, reasons } = outcome
    return { decision, reasons, epoch, onTheWire: [...onTheWire], tookMs, rollout: await viewNow() }
  }

  async function viewNow(): Promise<RolloutView> {
    const view = await deps.rolloutViews.of(await deps.rollout.look())
    if (view.id === null) throw new Error('the rollout that was commanded is gone')
    return view
  }

  handle(app, 'rolloutStart', async ({ body: { reason, ceiling = 'preview', model, id }, request }) => {
    const beganMs = clock.realMs()
    const wish = { reason, ceiling: ceiling === 'preview' ? 0 : shareOf(ceiling), model: model ?? null, id }
    const answer = await startConfigured(deps.start, wish, whoOf(request))
    if ('problems' in answer) throw new ApiProblem('rollout_refused', answer.problems.join('; '))
    const hours = answer.durationMs / 3_600_000
    return {
      decision: 'start',
      reasons: [`${answer.started.id} begins in preview; done after ${hours} h when all stays good`],
      epoch: null,
      onTheWire: [],
      tookMs: clock.realMs() - beganMs,
      rollout: await viewNow(),
    }
  })
  handle(app, 'rolloutPromote', ({ body: { share, reason }, request }) =>
    command(request, { kind: 'promote', share, reason, by: request.principal }),
  )
  for (const [name, kind] of [
    ['rolloutPause', 'pause'],
    ['rolloutResume', 'resume'],
    ['rolloutPreview', 'preview'],
    ['rolloutApprove', 'approve'],
  ] as const)
    handle(app, name, ({ body: { reason }, request }) => command(request, { kind, reason, by: request.principal }))
  handle(app, 'rolloutRollback', ({ body: { reason, confirm }, request }) => {
    confirmed(confirm, 'rollback')
    return command(request, { kind: 'rollback', reason, by: request.principal })
  })
  overrideRoutes(app, deps, commanded)
}

/** Two people, each with their own sign-in, in two calls. */
function overrideRoutes(app: FastifyInstance, deps: ApiDeps, commanded: Commanded): void {
  const { clock, desk } = deps
  const parts = { ...deps.rolloutParts, clock }
  handle(app, 'rolloutOverrideAsked', async () => ({ asked: await createOverrideStore(desk.db).waiting(clock.nowMs()) }))
  handle(app, 'rolloutOverride', async ({ body: { reason, confirm }, request }) => {
    confirmed(confirm, 'override')
    const asked = await askOverride(parts, reason, whoOf(request))
    if ('problem' in asked) throw new ApiProblem(asked.code, asked.problem)
    return asked
  })
  handle(app, 'rolloutOverrideAgree', async ({ params: { id }, body: { confirm }, request }) => {
    confirmed(confirm, 'override')
    const beganMs = clock.realMs()
    const answer = await agreeToOverride(parts, id, whoOf(request))
    if (answer === 'unknown')
      throw new ApiProblem('unknown_id', `no override ${id} waits; it may have expired, or another was asked for`)
    if (answer === 'same_person') throw new ApiProblem('second_person_needed', `${request.principal} asked for it`)
    if ('problem' in answer) throw new ApiProblem(answer.code, answer.problem)
    return commanded(answer, clock.realMs() - beganMs)
  })
}

type Commanded = (decided: Omit<Decided, 'rollout'>, tookMs: number) => Promise<RolloutCommanded>

/** Of the newest rollout; before the first, what config/spark.yaml says. */
function planNow({ rollout, config }: ApiDeps): RolloutPlan {
  return rollout.now().rollout?.frozen.plan ?? rolloutPlanOf(config.file, config.clockSpeed)
}

function confirmed(given: string, word: string): void {
  if (given !== word) throw new ApiProblem('confirmation_missing', `confirm is not "${word}"`)
}

function shareOf(text: string): number {
  const share = Number(text)
  if (share >= 0.1 && share <= 1) return share
  throw new ApiProblem('bad_request', `ceiling is ${text}; it must be preview, or a share from 0.1 to 1.0`)
}
