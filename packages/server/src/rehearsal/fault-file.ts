import { Type } from 'typebox'
import { parseChecked } from '../parse-checked.ts'
import { FAULT_KINDS, faultSpec, type Fault } from './fault.ts'

const MINUTE = 60_000

/** How a rehearsal may be meant to end. */
export const ENDS = ['done', 'rolled_back', 'preview_only', 'killed', 'off', 'live', 'preview'] as const
export type End = (typeof ENDS)[number]

const FaultFile = Type.Object(
  {
    /** How the rehearsal must end; default done. */
    expect: Type.Optional(Type.Enum(ENDS)),
    faults: Type.Array(
      Type.Object(
        {
          kind: Type.Enum(FAULT_KINDS),
          /** Minutes since the rollout began. */
          atMin: Type.Number({ minimum: 0, maximum: 100_000 }),
          forMin: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 100_000 })),
          strength: Type.Optional(Type.Number()),
        },
        { additionalProperties: false },
      ),
      { maxItems: 1000 },
    ),
  },
  { additionalProperties: false },
)

export interface FaultPlan {
  faults: Fault[]
  expect: End | null
}

/** Reads a list of faults, YAML or JSON. Problems name file and line. */
export function parseFaultFile(text: string, fileName: string): FaultPlan | { problems: string[] } {
  const checked = parseChecked(FaultFile, text, fileName)
  if ('problems' in checked) return checked
  const { value, lineOf } = checked
  const problems: string[] = []
  const faults = value.faults.map(({ kind, atMin, forMin, strength }, at): Fault => {
    const spec = faultSpec(kind)
    const wrong = (what: string) => problems.push(`${fileName}:${lineOf(['faults', String(at)])}: ${kind} ${what}`)
    if (spec.lasts && forMin === undefined) wrong('lasts: say for how long with forMin')
    if (!spec.lasts && forMin !== undefined) wrong('happens at one moment: leave forMin out')
    if (spec.strength === null && strength !== undefined) wrong('has no strength: leave it out')
    const { min, max, unit, usual } = spec.strength ?? { min: 1, max: 1, unit: '', usual: 1 }
    if (strength !== undefined && !(strength >= min && strength <= max))
      wrong(`has the strength ${strength}; from ${min} to ${max} (${unit})`)
    return { kind, atMs: atMin * MINUTE, forMs: (forMin ?? 0) * MINUTE, strength: strength ?? usual }
  })
  return problems.length > 0 ? { problems } : { faults, expect: value.expect ?? null }
}
