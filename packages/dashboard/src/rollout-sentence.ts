import type { RolloutAnswer, RolloutView } from '@spark/contract/rollout'
import type { Format } from './format/format.ts'
import { gateText, limitTexts, nearestToBreak, type GateView } from './gate-view.ts'
import type { Messages } from './i18n/messages.ts'
import { readReason } from '@spark/contract/reason'
import { reasonWords } from '@spark/contract/speech/reason-words'

export interface Sentence {
  tone: 'normal' | 'amber' | 'red'
  /** Phase; the rest of the sentence in parts, most important first. */
  head: string
  parts: string[]
}

type Speech = { m: Messages; f: Format }

/** Phase, what it waits for, when it goes on at the earliest, and what would stop it: from the figures, in the reader's language. */
export function rolloutSentence(view: RolloutAnswer, speech: Speech): Sentence {
  const { m, f } = speech
  const { rollout: t } = m
  if (view.id === null) return { tone: 'normal', head: t.none, parts: [] }
  const head = view.phase === 'live' ? `${t.phases.live} ${f.percent(view.share)}` : t.phases[view.phase]
  const parts = [...standingParts(view, speech), ...dangerParts(view, speech)]
  return { tone: toneOf(view), head, parts }
}

function toneOf({ phase, gates, reasons }: RolloutView): Sentence['tone'] {
  if (phase === 'killed' || gates.some(({ state }) => state === 'critical')) return 'red'
  if (readReason(reasons[0] ?? '')?.code === 'unwatched') return 'amber'
  if (phase === 'rolled_back' || phase === 'preview_only' || gates.some(({ state }) => state === 'warning')) return 'amber'
  return 'normal'
}

function standingParts(view: RolloutView, { m, f }: Speech): string[] {
  const { rollout: t } = m
  const { phase, phaseReason, subState, paused, dwell, cooldownUntil } = view
  const why = phaseReason === null ? [] : [t.because(reasonWords(phaseReason, { m, f }))]
  if (phase === 'killed') return [...why, t.liftKill]
  if (phase === 'rolled_back' || phase === 'off')
    return [...why, t.nobody, cooldownUntil === null ? t.newTryNow : t.newTry(f.moment(cooldownUntil))]
  if (phase === 'preview_only') return [...why, t.nobody, t.returnTakesApproval]
  if (phase === 'done') return [t.guardsStay]
  const served = t.good(f.clock(dwell.servedS * 1000), f.clock(dwell.neededS * 1000))
  const state = paused === null ? t.subStates[subState] : t.pausedBy(paused.by)
  return [
    ...(phase === 'preview' ? [t.nobody] : []),
    `${state} ${served}`,
    ...waitParts(view, { m, f }),
    nextPart(view, { m, f }),
  ]
}

/** Of the controller's reasons the first that no other part says: a dwell tells by itself what it waits for, and so does a ceiling. */
function waitParts({ subState, paused, reasons }: RolloutView, speech: Speech): string[] {
  if (subState === 'soaking') return []
  const said = paused === null ? ['ceiling'] : ['ceiling', 'paused']
  const first = reasons.find((reason) => !said.includes(readReason(reason)?.code ?? ''))
  return first === undefined ? [] : [speech.m.rollout.waitsBecause(reasonWords(first, speech))]
}

function nextPart({ steps, step, ceiling, subState, dwell }: RolloutView, { m, f }: Speech): string {
  const { rollout: t } = m
  const next = steps[step.index + 1]
  // While it is held nobody can say when.
  const at = subState === 'soaking' ? dwell.earliestAdvanceAt : null
  if (next === undefined) return at === null ? t.lastNow : t.last(f.moment(at))
  const name = f.percent(next.share)
  if (ceiling < next.share) return t.ceiling(name)
  return at === null ? t.nextNow(name) : t.next(name, f.moment(at))
}

const MOVING: ReadonlySet<RolloutView['phase']> = new Set(['preview', 'live', 'done'])

function dangerParts({ phase, subState, gates }: RolloutView, { m, f }: Speech): string[] {
  const gate: GateView | null = MOVING.has(phase) ? nearestToBreak(gates) : null
  // A reason that it waits for says so already.
  if (gate === null) return MOVING.has(phase) && subState === 'soaking' ? [m.rollout.notMeasured] : []
  const name = m.common.gates[gate.gate]
  const value = gateText(gate.gate, gate.value, f)
  if (gate.state === 'critical')
    return [m.rollout.breaking(name, value, f.duration(gate.inBreachS * 1000), f.duration(gate.holdS * 1000))]
  return [m.rollout.wouldStop(name, value, limitTexts(gate, f).critical)]
}
