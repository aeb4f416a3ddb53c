import { Type, type Static } from 'typebox'
import type { DocumentProblem } from '../describe-problems.ts'
import { parseChecked } from '../parse-checked.ts'
import { FAULT_KINDS, faultSpec, type Fault } from './fault.ts'

const MINUTE = 60_000
const MINUTES_MAX = 100_000

/** How a rehearsal may be meant to end. */
export const ENDS = ['done', 'rolled_back', 'preview_only', 'killed', 'off', 'live', 'preview'] as const
export type End = (typeof ENDS)[number]

/** Every leaf says in its description what is allowed: it ends the sentence "it must be …". */
const FaultEntry = Type.Object(
  {
    kind: Type.Enum(FAULT_KINDS, { description: `one of ${FAULT_KINDS.join(', ')}` }),
    atMin: Type.Number({ minimum: 0, maximum: MINUTES_MAX, description: `minutes since the rollout began, 0 to ${MINUTES_MAX}` }),
    forMin: Type.Optional(
      Type.Number({ exclusiveMinimum: 0, maximum: MINUTES_MAX, description: `minutes above 0, at most ${MINUTES_MAX}` }),
    ),
    strength: Type.Optional(Type.Number({ description: 'a number; `spark rehearse --kinds` lists what it means' })),
  },
  { additionalProperties: false },
)
type FaultEntry = Static<typeof FaultEntry>

const FaultFile = Type.Object(
  {
    expect: Type.Optional(
      Type.Enum(ENDS, { description: `one of ${ENDS.join(', ')}: how the rehearsal must end; done when left out` }),
    ),
    faults: Type.Array(FaultEntry, { maxItems: 1000, description: 'a list of at most 1000 faults' }),
  },
  { additionalProperties: false },
)

export interface FaultPlan {
  faults: Fault[]
  /** Null: nothing was said of it. */
  expect: End | null
}

/** Reads a list of faults, YAML or JSON. Problems name file, line, key, value and what is allowed. */
export function parseFaultFile(text: string, fileName: string): FaultPlan | { problems: string[] } {
  const checked = parseChecked(FaultFile, { text, fileName }, (file) => file.faults.flatMap(faultProblems))
  if ('problems' in checked) return checked
  const { faults, expect = null } = checked.value
  return { faults: faults.map(faultOf), expect }
}

function faultOf({ kind, atMin, forMin = 0, strength }: FaultEntry): Fault {
  return { kind, atMs: atMin * MINUTE, forMs: forMin * MINUTE, strength: strength ?? faultSpec(kind).strength?.usual ?? 1 }
}

/** What the kind of the fault forbids. */
function faultProblems({ kind, forMin, strength }: FaultEntry, at: number): DocumentProblem[] {
  const spec = faultSpec(kind)
  const problems: DocumentProblem[] = []
  const wrong = (key: 'forMin' | 'strength', what: string) =>
    void problems.push({ path: ['faults', String(at), key], text: `faults.${at}.${key} ${what}` })
  if (spec.lasts && forMin === undefined) wrong('forMin', `is missing; it must be how many minutes ${kind} lasts`)
  if (!spec.lasts && forMin !== undefined) wrong('forMin', `is ${forMin}; it must be left out, ${kind} happens at one moment`)
  if (strength === undefined) return problems
  if (spec.strength === null) wrong('strength', `is ${strength}; it must be left out, ${kind} has none`)
  else if (!(strength >= spec.strength.min && strength <= spec.strength.max))
    wrong('strength', `is ${strength}; it must be ${spec.strength.min} to ${spec.strength.max} (${spec.strength.unit})`)
  return problems
}
