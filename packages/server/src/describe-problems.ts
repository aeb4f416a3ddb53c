import { Type, type TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { nearestName } from './nearest-name.ts'

/** What is wrong at one place of a document. `path` leads there, or to where it should be. */
export interface DocumentProblem {
  path: string[]
  /** Key, value and what is allowed. */
  text: string
}

/** Every problem of a value, each in words. What a leaf allows stands in the `description` of its schema. */
export function documentProblems(schema: TSchema, value: unknown, path: string[] = []): DocumentProblem[] {
  if (Type.IsObject(schema)) return objectProblems(schema, value, path)
  if (Type.IsArray(schema)) return listProblems(schema, value, path)
  if (Value.Check(schema, value)) return []
  return [{ path, text: `${nameOf(path)} is ${shown(value)}; it must be ${allowed(schema)}` }]
}

function objectProblems(schema: ReturnType<typeof Type.Object>, value: unknown, path: string[]): DocumentProblem[] {
  const known = Object.keys(schema.properties)
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return [{ path, text: `${nameOf(path)} is ${shown(value)}; it must be keys and values, of ${known.join(', ')}` }]
  const problems: DocumentProblem[] = []
  for (const key of Object.keys(value).filter((name) => !known.includes(name))) {
    const text = `${nameOf([...path, key])} is ${shown(Reflect.get(value, key))}, but there is no such key; the nearest is ${nearestName(key, known)}, allowed are ${known.join(', ')}`
    problems.push({ path: [...path, key], text })
  }
  for (const [key, part] of Object.entries(schema.properties)) {
    const given: unknown = Reflect.get(value, key)
    if (given !== undefined) problems.push(...documentProblems(part, given, [...path, key]))
    else if (!Type.IsOptional(part))
      problems.push({ path, text: `${nameOf([...path, key])} is missing; it must be ${allowed(part)}` })
  }
  return problems
}

function listProblems(schema: ReturnType<typeof Type.Array>, value: unknown, path: string[]): DocumentProblem[] {
  // How many there may be; what they may be is asked of each.
  if (!Array.isArray(value) || !Value.Check({ ...schema, items: Type.Unknown() }, value)) {
    const given = Array.isArray(value) ? `a list of ${value.length}` : shown(value)
    return [{ path, text: `${nameOf(path)} is ${given}; it must be ${allowed(schema)}` }]
  }
  return value.flatMap((item: unknown, at) => documentProblems(schema.items, item, [...path, String(at)]))
}

function allowed(schema: TSchema): string {
  return Reflect.get(schema, 'description') as string
}

function nameOf(path: readonly string[]): string {
  return path.length === 0 ? 'the file' : path.join('.')
}

const SHOWN_CHARACTERS = 80

/** As it would be written, and short. NaN and Infinity have no other form. */
function shown(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? 'nothing')
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}…`
}
