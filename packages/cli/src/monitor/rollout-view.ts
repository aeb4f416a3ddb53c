import type { Client } from '@spark/contract/client'
import type { RolloutView as Answered } from '@spark/contract/rollout'
import type { AnswerOf } from '@spark/contract/routes'
import { higherIsWorse, type GateName } from '@spark/core/rollout/plan'
import { sloState, type SloLimit } from '../watch/slo-limits.ts'
import type { GateView, RolloutView } from './snapshot.ts'
import { amountText, ageText, upToText } from './values.ts'

type Point = AnswerOf<'timeseries'>['data'][number]

/**
 * Phase and gates of the newest rollout. Before the first one the gates are the figures of the last hour, with the limits that a
 * rollout would have.
 */
export async function askRollout(client: Client, limits: readonly SloLimit[]): Promise<RolloutView> {
  const answer = await client.call('rollout')
  if (answer.id !== null) return viewOf(answer)
  const { data } = await client.call('timeseries', { query: { window: '1h' } })
  return { phase: 'none', facts: [answer.sentence], waitsFor: [], gates: limits.map((one) => figureView(one, data)) }
}

export function viewOf(answer: Answered): RolloutView {
  // One that has ended waits for nothing: its reasons say why it ended.
  const waitsFor = answer.subState === 'ended' ? [] : answer.reasons
  return { phase: phaseText(answer), facts: factsOf(answer), waitsFor, gates: answer.gates.map(gateView) }
}

const words = (name: string) => name.replaceAll('_', ' ')
const shareText = (share: number) => (share === 0 ? 'preview' : `${upToText(share * 100)} %`)

function phaseText({ phase, subState, phaseReason, step, steps, ceiling }: Answered): string {
  const why = phaseReason === null ? '' : ` (${phaseReason})`
  if (subState === 'ended') return `${words(phase)}${why}`
  return `${words(phase)}${why}, ${words(subState)}; step ${step.name}, ${step.index + 1} of ${steps.length}, up to ${shareText(ceiling)}`
}

function factsOf(answer: Answered): string[] {
  const { exposure, dwell, floor, pollIntervalMs, paused, override, breaches, verdict, cooldownUntil } = answer
  const ended = answer.subState === 'ended'
  const moved = [
    ...(floor.effective === floor.base ? [] : [`floor ${floor.effective}, base ${floor.base}`]),
    ...(pollIntervalMs.effective === pollIntervalMs.base
      ? []
      : [`poll every ${pollIntervalMs.effective / 1000} s, base ${pollIntervalMs.base / 1000} s`]),
  ]
  const said = [
    ...(paused === null ? [] : [`paused by ${paused.by}`]),
    ...(override === null ? [] : [`override by ${override.by} and ${override.second}: ${override.reason}`]),
    ...(cooldownUntil === null ? [] : [`no new rollout before ${clockText(cooldownUntil)}`]),
  ]
  return [
    `${exposure.strategies} of ${exposure.of} strategies, ${amountText(exposure.capital, 0)} of ${amountText(exposure.ofCapital, 0)} of capital on ML; model ${words(verdict)}`,
    ...(ended
      ? []
      : [`good time ${ageText(dwell.servedS)} of ${ageText(dwell.neededS)}${earliestText(dwell)}`, breachesText(breaches)]),
    ...moved,
    ...said,
  ]
}

function earliestText({ earliestAdvanceAt }: Answered['dwell']): string {
  return earliestAdvanceAt === null ? '' : `, next step at the earliest ${clockText(earliestAdvanceAt)}`
}

function breachesText({ inStep, total, critical }: Answered['breaches']): string {
  return `breaches ${inStep} in this step, ${total} in all, ${critical} critical`
}

const clockText = (ms: number) => `${new Date(ms).toISOString().slice(5, 16).replace('T', ' ')} UTC`

const LABELS: Record<GateName, string> = {
  p95: 'p95 latency',
  staleness: 'staleness',
  error_rate: 'error rate',
  score_rate: 'ml.score of due',
  confid_median: 'median confidence',
  dead_letters: 'dead letters',
}
const UNITS: Partial<Record<GateName, string>> = { p95: 'ms', staleness: 's', error_rate: '%', score_rate: '%' }

function gateView({ gate, value, state, good, critical, inBreachS, holdS }: Answered['gates'][number]): GateView {
  // A share reads better in percent.
  const shown = (number: number) => (gate === 'score_rate' ? number * 100 : number)
  return {
    label: LABELS[gate],
    value: value === null ? null : shown(value),
    unit: UNITS[gate] ?? '',
    state,
    bad: higherIsWorse(gate) ? 'above' : 'below',
    good: shown(good),
    critical: shown(critical),
    inBreachS,
    holdS,
  }
}

/** `points`: oldest first; the last one is now. */
export function figureView(limits: SloLimit, points: readonly Point[]): GateView {
  const { metric, label, unit, bad, good, critical, holdS } = limits
  const value = points.at(-1)?.[metric] ?? null
  return { label, value, unit, state: sloState(limits, value), bad, good, critical, inBreachS: lastingS(limits, points), holdS }
}

function lastingS(limits: SloLimit, points: readonly Point[]): number {
  const before = points.findLastIndex((point) => sloState(limits, point[limits.metric]) !== 'critical')
  const first = points[before + 1]
  const last = points.at(-1)
  return first === undefined || last === undefined ? 0 : Math.round((last.ts - first.ts) / 1000)
}
