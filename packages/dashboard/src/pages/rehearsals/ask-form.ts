import type { FaultAsked, RehearsalAsk } from '@spark/contract/rehearsal'
import type { AnswerOf } from '@spark/contract/routes'

export type FaultKind = AnswerOf<'rehearsals'>['kinds'][number]

/** What stands in the form; numbers as they were typed. */
export interface AskForm {
  seed: string
  ceiling: number
  mode: 'none' | 'drawn' | 'chosen'
  drawn: string
  chosen: readonly FaultForm[]
}

export interface FaultForm {
  /** Of this row, for as long as the form is open. */
  row: number
  kind: string
  atMin: string
  forMin: string
  strength: string
}

/** A fault of a kind as the form first shows it. */
export function firstFault(row: number, { kind, strength }: FaultKind): FaultForm {
  return { row, kind, atMin: '30', forMin: '20', strength: strength === null ? '' : String(strength.usual) }
}

/** What is asked for; the server judges it. */
export function askOf({ seed, ceiling, mode, drawn, chosen }: AskForm, kinds: readonly FaultKind[]): RehearsalAsk {
  const faults = mode === 'drawn' ? Number(drawn) : mode === 'chosen' ? chosen.map((one) => faultOf(one, kinds)) : []
  return { seed: Number(seed), ceiling, faults }
}

function faultOf({ kind, atMin, forMin, strength }: FaultForm, kinds: readonly FaultKind[]): FaultAsked {
  const spec = kinds.find((one) => one.kind === kind)
  return {
    kind,
    atMin: Number(atMin),
    ...(spec?.lasts === true && { forMin: Number(forMin) }),
    ...(spec !== undefined && spec.strength !== null && strength !== '' && { strength: Number(strength) }),
  }
}
