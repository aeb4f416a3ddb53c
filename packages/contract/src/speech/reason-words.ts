import type { GateName } from '@spark/core/rollout/plan'
import { fill, readFact, readReason } from '../reason.ts'
import { readTold } from '../told.ts'
import { gateText, type Figures } from './figures.ts'
import type { Speech } from './speech.ts'

/** A reason of the controller in the reader's language; what people wrote themselves stays as they wrote it. */
export function reasonWords(text: string, speech: Speech): string {
  const reason = readReason(text)
  if (reason === null) return text
  const { code, values } = reason
  const words = Object.entries(values).map(([place, value]) => [place, placeWords(place, value, values['gate'], speech)])
  return fill(speech.m.reasons[code], Object.fromEntries(words) as Record<string, string>)
}

function placeWords(place: string, value: string, gate: string | undefined, { m, f }: Speech): string {
  switch (place) {
    case 'gate':
      return m.common.gates[value as GateName]
    case 'limit':
    case 'value':
    case 'worst':
      return figureWords(gate as GateName, value, f)
    case 'because':
      return reasonWords(value, { m, f })
    case 'share':
    case 'step':
      return shareWords(value, { m, f })
    case 'verdict':
      return (m.rollout.verdictNames as Record<string, string>)[value] ?? value
    case 'kind':
      return (m.rollout.commandNames as Record<string, string>)[value] ?? value
    case 'before':
    case 'after':
      return f.number(Number(value), 2)
    case 'facts':
      return value
        .split('; ')
        .map((fact) => factWords(fact, m))
        .join('; ')
    default:
      return value
  }
}

/** `42 % of what is due` and the like, as the gate's own figure. */
function figureWords(gate: GateName, text: string, f: Figures): string {
  const value = Number.parseFloat(text)
  if (Number.isNaN(value)) return '—'
  return gateText(gate, gate === 'score_rate' ? value / 100 : value, f)
}

/** A step is named for its share, unless the plan gives it a name. */
export function shareWords(name: string, { m, f }: Speech): string {
  if (name === 'preview') return m.rollout.previewCeiling
  const [, percent] = /^([\d.]+) %$/.exec(name) ?? []
  return percent === undefined ? name : f.percent(Number(percent) / 100, 1)
}

export function factWords(text: string, m: Speech['m']): string {
  const fact = readFact(text)
  if (fact === null) return text
  const { words } = fact.values
  const inner = words === undefined ? null : readTold(words)
  const told = inner === null ? {} : { words: fill(m.told.sentences[inner.code], inner.values) }
  return fill(m.reasons[fact.code], { ...fact.values, ...told })
}
