import type { Command, Making } from './outcome.ts'
import type { RolloutPlan } from './plan.ts'
import { reasonText } from './reason.ts'
import { exposedShare, hasEnded, openBreaches, type RolloutState } from './state.ts'

/** Why a command cannot be taken now, or null. */
export function commandProblem(state: RolloutState, command: Command): string | null {
  const { kind } = command
  if (kind === 'unkill') return state.phase === 'killed' ? null : 'the rollout is not killed'
  if (kind === 'kill') return state.phase === 'killed' ? 'the rollout is killed already' : null
  if (hasEnded(state)) return `the rollout has ended (${state.phase.replace('_', ' ')}); start a new one`
  if (kind === 'resume' && state.paused === null) return 'the rollout is not paused'
  if (kind === 'pause' && state.paused !== null) return `the rollout is paused by ${state.paused.by} already`
  if (kind === 'preview' && state.phase === 'preview_only') return 'the rollout is preview-only already'
  if (kind === 'approve' && state.phase === 'preview_only') {
    const open = openBreaches(state).find(({ critical }) => critical)
    return open === undefined ? null : `the breach of ${open.gate} is not over`
  }
  if (kind === 'override' && command.by.trim().toLowerCase() === command.second.trim().toLowerCase())
    return 'an override needs two different people'
  if (kind === 'override' && command.reason.trim() === '') return 'an override needs a reason'
  return null
}

/** Takes commands in their order; a harsher one stands whatever follows. */
export function applyCommands(plan: RolloutPlan, before: RolloutState, commands: readonly Command[], nowMs: number): Making {
  let making: Making = { state: before, decision: null, reasons: [], effects: [] }
  for (const command of commands) {
    if (commandProblem(making.state, command) !== null) continue
    const next = apply(plan, making.state, command, nowMs)
    making = {
      state: next.state,
      decision: next.decision ?? making.decision,
      reasons: [...making.reasons, ...next.reasons],
      effects: [...making.effects, ...next.effects],
    }
  }
  return making
}

function apply(plan: RolloutPlan, state: RolloutState, command: Command, nowMs: number): Making {
  const { kind, by: who, reason: words } = command
  const said = words === '' ? reasonText('command', { kind, who }) : reasonText('command_because', { kind, who, words })
  const kept = (change: Partial<RolloutState>): Making => ({
    state: { ...state, ...change },
    decision: null,
    reasons: [said],
    effects: [],
  })
  if (command.kind === 'kill') return killed(state, said, nowMs)
  if (command.kind === 'rollback') return rolledBack(plan, state, said, nowMs)
  if (command.kind === 'preview') return previewOnly(plan, state, said)
  if (command.kind === 'unkill')
    return {
      ...kept({ phase: 'off', phaseReason: said }),
      effects: [{ kind: 'resolve', code: 'rollout_killed', scope: 'rollout' }],
    }
  if (command.kind === 'ceiling')
    // A ceiling below what is exposed takes exposure back at once.
    return command.share < exposedShare(plan, state)
      ? previewOnly(plan, { ...state, ceiling: command.share }, said)
      : kept({ ceiling: command.share })
  if (command.kind === 'pause') return kept({ paused: { by: command.by, sinceMs: nowMs } })
  if (command.kind === 'resume') return kept({ paused: null })
  if (command.kind === 'approve') return kept({ approval: { by: command.by, atMs: nowMs } })
  if (command.kind === 'promote') return kept({ ceiling: Math.max(state.ceiling, command.share), skipDwell: true })
  return kept({ override: { by: command.by, second: command.second, reason: command.reason, atMs: nowMs } })
}

export function rolledBack(plan: RolloutPlan, state: RolloutState, reason: string, nowMs: number): Making {
  return {
    state: { ...state, phase: 'rolled_back', phaseReason: reason, endedMs: nowMs, modifiers: [], paused: null },
    decision: 'rollback',
    reasons: [reason],
    effects: [
      { kind: 'fence', mlOff: true, cancel: 'ml', positions: plan.onRollback },
      {
        kind: 'alert',
        severity: 'red',
        code: 'rollout_rolled_back',
        scope: 'rollout',
        message: reasonText('told_rolled_back', { because: reason }),
      },
    ],
  }
}

function killed(state: RolloutState, reason: string, nowMs: number): Making {
  return {
    state: { ...state, phase: 'killed', phaseReason: reason, endedMs: nowMs, modifiers: [], paused: null },
    decision: 'kill',
    reasons: [reason],
    effects: [
      { kind: 'fence', mlOff: true, cancel: 'all', positions: 'handover' },
      {
        kind: 'alert',
        severity: 'red',
        code: 'rollout_killed',
        scope: 'rollout',
        message: reasonText('told_killed', { because: reason }),
      },
    ],
  }
}

/** Exposure 0, scoring goes on. What was served in preview stays served. */
export function previewOnly(plan: RolloutPlan, state: RolloutState, reason: string): Making {
  const exposed = exposedShare(plan, state) > 0
  return {
    state: {
      ...state,
      phase: 'preview_only',
      phaseReason: reason,
      approval: null,
      override: null,
      skipDwell: false,
      goodMs: state.step === 0 ? state.goodMs : 0,
    },
    decision: 'preview_only',
    reasons: [reason],
    effects: [
      ...(exposed ? [{ kind: 'fence', mlOff: false, cancel: 'ml', positions: plan.onRollback } as const] : []),
      {
        kind: 'alert',
        severity: exposed ? 'red' : 'yellow',
        code: 'rollout_preview_only',
        scope: 'rollout',
        message: reasonText('told_preview_only', { because: reason }),
      },
    ],
  }
}
