import { Type, type Static, type TSchema } from 'typebox'
import { modelProblem, type Model } from '@spark/core/signal/model'
import { modelStateOf } from '../model-state.ts'
import { parseChecked } from '../parse-checked.ts'
import type { ModelStore } from '../storage/model-store.ts'

/** Every leaf says in its description what is allowed: it ends the sentence "it must be …". */
const closed = { additionalProperties: false } as const
const number = () => Type.Number({ description: 'a number' })
const ms = () => Type.Integer({ minimum: 0, description: 'a time in ms since 1970' })
const orNull = <Schema extends TSchema>(schema: Schema) =>
  Type.Union([schema, Type.Null()], { description: 'what it is in spark models show, or null' })
const text = () => Type.String({ minLength: 1, maxLength: 64, description: 'a text of 1 to 64 characters' })
const windowOf = () => Type.Object({ fromTs: ms(), toTs: ms() }, closed)

const ModelDocument = Type.Object(
  {
    version: text(),
    weights: Type.Object({ rsi: number(), macd: number(), trend: number() }, closed),
    a: number(),
    kappa: number(),
    gains: Type.Object({ macd: number(), trend: number() }, closed),
    featureVersion: text(),
    trainedAt: orNull(ms()),
    expiresAt: orNull(ms()),
    labelWindow: orNull(windowOf()),
    parent: orNull(text()),
  },
  closed,
)

/** A model document of a file, JSON or YAML. Problems name file, line and what is allowed. */
export function parseModelFile(content: string, fileName: string): { model: Model } | { problems: string[] } {
  const parsed = parseChecked(ModelDocument, { text: content, fileName }, (document: Static<typeof ModelDocument>) => {
    const problem = modelProblem(document)
    return problem === null ? [] : [{ path: [], text: problem }]
  })
  return 'problems' in parsed ? parsed : { model: parsed.value }
}

export type FoundModel = { model: Model } | { refused: 'unknown' | 'expired' | 'damaged' }

/** A stored version, unless no rollout could begin with it. */
export async function findModel(store: Pick<ModelStore, 'get'>, version: string, nowMs: number): Promise<FoundModel> {
  const stored = await store.get(version)
  if (stored === null) return { refused: 'unknown' }
  const state = modelStateOf(stored, nowMs)
  return state === 'usable' && stored.document !== null
    ? { model: stored.document }
    : { refused: state === 'expired' ? 'expired' : 'damaged' }
}
