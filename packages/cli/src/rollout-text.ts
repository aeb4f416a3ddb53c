import type { RolloutAnswer, RolloutCommanded, RolloutHistory, RolloutView } from '@spark/contract/rollout'
import { unknownText } from '@spark/core/rollout/success'
import { table } from './table.ts'

/** Where a rollout stands, readable without colour. */
export function statusText(view: RolloutAnswer): string {
  if (view.id === null) return view.sentence
  const { exposure, dwell, step, steps } = view
  const facts = [
    ['rollout', `${view.id}, started ${time(view.startedAt)} by ${view.startedBy}, plan ${view.planDigest.slice(0, 12)}`],
    ['phase', `${view.phase.replace('_', ' ')}, ${view.subState.replace('_', ' ')}`],
    ['step', `${step.name} (${step.index + 1} of ${steps.length}), ceiling ${ceilingText(view.ceiling)}`],
    ['good time', `${minutes(dwell.servedS)} of ${minutes(dwell.neededS)}`],
    ['exposure', `${exposure.strategies} of ${exposure.of} strategies, ${exposure.capital} of ${exposure.ofCapital} of capital`],
    ['model', `${view.model.version}, ${view.verdict.replaceAll('_', ' ')}`],
    ['floor', changed(view.floor)],
    ['poll', changed(view.pollIntervalMs, ' ms')],
    ['breaches', `${view.breaches.inStep} in this step, ${view.breaches.total} in all, ${view.breaches.critical} critical`],
    ['epoch', `${view.epoch}${view.mlOff ? ', ML off' : ''}`],
    ...(view.expectedEndAt === null ? [] : [['done', `at the earliest ${time(view.expectedEndAt)}`]]),
  ]
  const criteria = view.successCriteria
  return [
    view.sentence,
    '',
    ...facts.map(([name, value]) => `${(name ?? '').padEnd(10)}${value ?? ''}`),
    '',
    gateTable(view),
    ...(criteria === null
      ? []
      : [
          '',
          table(
            ['success', 'value', 'must be', 'met'],
            criteria.map((one) => [one.name, figure(one.value) + unknownText(one), one.target, one.met ? 'yes' : 'NO']),
          ),
        ]),
  ].join('\n')
}

function gateTable({ gates }: RolloutView): string {
  return table(
    ['gate', 'value', 'unit', 'state', 'good', 'critical', 'hold', 'in breach', 'newest last'],
    gates.map(({ gate, value, unit, state, good, critical, holdS, inBreachS, history }) => [
      gate,
      figure(value),
      unit,
      state.replace('_', ' '),
      figure(good),
      figure(critical),
      minutes(holdS),
      inBreachS === 0 ? '' : minutes(inBreachS),
      history,
    ]),
  )
}

export function commandedText({ decision, reasons, epoch, onTheWire, tookMs, rollout }: RolloutCommanded): string {
  return [
    `${decision.replace('_', ' ')}: ${reasons.join('; ')}`,
    ...fenceLines(epoch, onTheWire),
    rollout.sentence,
    `Committed in ${Math.round(tookMs)} ms.`,
  ].join('\n')
}

/** What a fence did; nothing when there was none. */
export function fenceLines(epoch: number | null, onTheWire: readonly string[]): string[] {
  if (epoch === null) return []
  const wire = onTheWire.length === 0 ? 'no ML order was on the wire' : `on the wire: ${onTheWire.join(', ')}`
  return [`Epoch ${epoch}: no order of an older one increases risk any more; ${wire}.`]
}

export function historyText({ items }: RolloutHistory): string {
  return table(
    ['rollout', 'started', 'by', 'ended', 'phase', 'share', 'model', 'breaches', 'why'],
    items.map((one) => [
      one.id,
      time(one.startedAt),
      one.startedBy,
      one.endedAt === null ? '' : time(one.endedAt),
      one.phase.replace('_', ' '),
      ceilingText(one.share),
      one.model,
      `${one.breaches.total}, ${one.breaches.critical} critical`,
      one.phaseReason ?? '',
    ]),
  )
}

const time = (ms: number): string => new Date(ms).toISOString().slice(0, 19) + 'Z'
const minutes = (seconds: number): string => `${Math.floor(seconds / 60)} min`
const ceilingText = (share: number): string => (share === 0 ? 'preview' : `${Math.round(share * 1000) / 10} %`)
const figure = (value: number | null): string => (value === null ? '-' : String(Math.round(value * 1000) / 1000))
const changed = ({ effective, base }: { effective: number; base: number }, unit = ''): string =>
  effective === base ? `${base}${unit}` : `${effective}${unit} (base ${base}${unit})`
