import { createReader, createWriter } from '../text/template.ts'
import { GATE_NAMES } from './plan.ts'

const NOBODY_ASKS = 'nobody asks for scores, whoever would stands still: {words}'

/**
 * Every reason that the controller can give, and what its alerts say, by a stable code, with places for the figures. The text in English is what the audit
 * keeps: a template that changes makes recorded decisions differ when they are made again. In the order in which a text is read:
 * what is more particular stands first.
 */
export const REASONS = {
  command_because: '{kind} by {who}: {words}',
  command: '{kind} by {who}',
  paused: 'paused by {who}',
  unwatched: 'the controller has not decided for {seconds} s',
  breach_open: 'the breach of {gate} is not over',
  ceiling: 'the approved ceiling is {share}',
  nobody_asks: NOBODY_ASKS,
  not_covered: 'too few slices of the last minutes can be judged',
  parity: 'the processes differ: {facts}',
  risk: 'risk is not free: {facts}',
  good_time: '{minutes} min more of good time',
  calm_time: '{minutes} min more without a warning',
  not_on_target: 'not every figure is on its target',
  counter_move_active: 'a counter-move of the controller is active',
  not_proven: 'the model is {verdict}, the plan wants it proven',
  step_breaches: '{count} breaches in this step: a person must approve',
  step_approval: 'the step {step} needs an approval',
  return_approval: 'returning from preview-only needs an approval',
  served: '{step} has served its dwell: done',
  begins: '{step} begins',
  worse_than_baseline: 'the model is worse than the baseline',
  blind: 'blind for {seconds} s: too few slices can be judged',
  blind_because: 'blind for {seconds} s: {facts}',
  breach_at_once_errors: '{gate} beyond {limit} for {seconds} s, at once, at worst {worst}; most frequent: {errors}',
  breach_errors: '{gate} beyond {limit} for {seconds} s, at worst {worst}; most frequent: {errors}',
  breach_at_once: '{gate} beyond {limit} for {seconds} s, at once, at worst {worst}',
  breach: '{gate} beyond {limit} for {seconds} s, at worst {worst}',
  clear: '{gate} is clear: its counter-moves are taken back',
  floor_raised: 'the warning of {gate} lasts: confidence floor {before} → {after}',
  plan_changed:
    'the plan of {rollout} in the database was changed since its start: its digest was {started}, and is {hash}; a changed plan is a new rollout',
  // Of alerts.
  told_rolled_back: 'rolled back: {because}',
  told_killed: 'killed: {because}',
  told_preview_only: 'preview only: {because}',
  gate_warning: '{gate}={value}, beyond {limit} for half of its hold',
  gate_beyond: '{gate}={value}, beyond {limit}',
} as const

/** What may stand behind `parity`, `risk` and `blind_because`, likewise. */
export const FACTS = {
  kill_switch: 'kill switch {scopes}',
  venue_halted: '{venue} is halted: {words}',
  clock_stepped: "{words}, and the market's time does not agree yet",
  auto_paused: '{count} strategies are paused by {limits}, {strategy} first',
  nobody_asks: NOBODY_ASKS,
  no_api: 'no api has reported what it runs',
  no_executor: 'no executor has reported what it runs',
  runs_build: '{processes} runs build {hash}',
  runs_schema: '{processes} runs schema {hash}',
  runs_model: '{processes} runs model {hash}',
} as const

export type ReasonCode = keyof typeof REASONS
export type FactCode = keyof typeof FACTS

export const reasonText = createWriter(REASONS)
export const factText = createWriter(FACTS)

/** What a person says of a rollout, as reasons name it. */
export const COMMANDS = [
  'pause',
  'resume',
  'approve',
  'promote',
  'override',
  'preview',
  'rollback',
  'kill',
  'unkill',
  'ceiling',
] as const
/** What may stand in a place; anything short on one line where nothing is said. */
const PLACES = {
  kind: COMMANDS.join('|'),
  gate: GATE_NAMES.join('|'),
  minutes: '\\d+',
  seconds: '\\d+',
  count: '\\d+',
  words: '[^]+',
  facts: '[^]+',
  because: '[^]+',
  errors: '.+',
  scopes: '.+',
  limits: '.+',
  // A token acts as OWNER:NAME.
  who: '\\S+',
  venue: '\\S+',
}

/** The code and figures of a text that reasonText made; null: it is of somebody else, as a person's own words. */
export const readReason = createReader(REASONS, PLACES)
export const readFact = createReader(FACTS, PLACES)
