import { readFinding } from '@spark/contract/finding'
import { fill } from '@spark/contract/reason'
import type { Messages } from './i18n/messages.ts'

/** What a move of the triage found, in the reader's language; what it did not make itself stays as it is. */
export function findingWords(text: string, m: Messages): string {
  const found = readFinding(text)
  if (found === null) return text
  const { sentences, processes } = m.findings
  const words = Object.entries(found.values).map(([place, value]) => {
    if (place === 'found') return [place, findingWords(value, m)]
    if (place === 'process') return [place, processes[value as keyof typeof processes]]
    return [place, value]
  })
  return fill(sentences[found.code], Object.fromEntries(words) as Record<string, string>)
}
