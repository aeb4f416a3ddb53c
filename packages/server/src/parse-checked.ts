import type { Static, TSchema } from 'typebox'
import { LineCounter, isNode, parseDocument, type Document } from 'yaml'
import { documentProblems, type DocumentProblem } from './describe-problems.ts'

const PROBLEMS_MAX = 20

/**
 * Reads YAML (or JSON) by a schema whose leaves say in their description what is allowed, then asks for what only the meaning
 * forbids. Problems name file, line, key, value and what is allowed; at most 20 of them.
 */
export function parseChecked<Schema extends TSchema>(
  schema: Schema,
  { text, fileName }: { text: string; fileName: string },
  meaningProblems: (value: Static<Schema>, lineAt: (path: readonly string[]) => number) => DocumentProblem[],
): { value: Static<Schema> } | { problems: string[] } {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true })
  if (document.errors.length > 0) {
    return {
      problems: document.errors.map(
        (error) => `${fileName}:${error.linePos?.[0].line ?? 1}: ${error.message.split('\n')[0] ?? 'not YAML'}`,
      ),
    }
  }
  let parsed: unknown
  try {
    parsed = document.toJS({ maxAliasCount: 100 })
  } catch (error) {
    return { problems: [`${fileName}:1: ${error instanceof Error ? error.message : String(error)}`] }
  }
  const lineAt = (path: readonly string[]) => lineOf(document, lines, path)
  const formProblems = documentProblems(schema, parsed)
  const value = parsed as Static<Schema>
  const problems = formProblems.length > 0 ? formProblems : meaningProblems(value, lineAt)
  if (problems.length === 0) return { value }
  return { problems: problems.slice(0, PROBLEMS_MAX).map((one) => `${fileName}:${lineAt(one.path)}: ${one.text}`) }
}

/** Where a key stands; of one that is missing, what it is missing in. */
function lineOf(document: Document, lines: LineCounter, path: readonly string[]): number {
  for (let length = path.length; length >= 0; length--) {
    const node: unknown = length === 0 ? document.contents : document.getIn(path.slice(0, length), true)
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line
  }
  return 1
}
