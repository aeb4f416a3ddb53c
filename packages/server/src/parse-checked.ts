import type { Static, TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { LineCounter, isNode, parseDocument } from 'yaml'

const PROBLEMS_MAX = 20

export interface Checked<T> {
  value: T
  /** Line of what stands at a path, or of what holds it. */
  lineOf(path: readonly string[]): number
}

/** Reads YAML (or JSON, which is YAML) and checks it against a schema. Problems name file and line. */
export function parseChecked<Schema extends TSchema>(
  schema: Schema,
  text: string,
  fileName: string,
): Checked<Static<Schema>> | { problems: string[] } {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, maxAliasCount: 100 } as never)
  if (document.errors.length > 0) {
    return {
      problems: document.errors.map(
        (error) => `${fileName}:${error.linePos?.[0].line ?? 1}: ${error.message.split('\n')[0] ?? 'not YAML'}`,
      ),
    }
  }
  const value: unknown = document.toJS({ maxAliasCount: 100 })
  const lineOf = (path: readonly string[]): number => {
    for (let length = path.length; length >= 0; length--) {
      const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true)
      if (isNode(node) && node.range) return lines.linePos(node.range[0]).line
    }
    return 1
  }
  const check = Compile(schema)
  if (check.Check(value)) return { value, lineOf }
  const problems = check.Errors(value).map((error) => {
    const path = error.instancePath.split('/').slice(1)
    return `${fileName}:${lineOf(path)}: ${path.join('.') || 'the file'} ${error.message}`
  })
  return { problems: [...new Set(problems)].slice(0, PROBLEMS_MAX) }
}
