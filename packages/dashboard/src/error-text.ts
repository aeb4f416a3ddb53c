import { ApiError, UnreachableError } from '@spark/contract/client'
import { errorWords } from '@spark/contract/speech/errors'
import type { Language, Messages } from './i18n/messages.ts'

interface Speaks {
  language: Language
  m: Messages
}

/** In the words of the error catalogue. What exactly was wrong is known in English only: it stands behind the words of another language. */
export function errorText(error: unknown, { language, m }: Speaks): string {
  if (error instanceof UnreachableError) return m.common.offline
  if (!(error instanceof ApiError)) return error instanceof Error ? error.message : String(error)
  const { code, problem } = error
  if (problem === null) return error.message
  if (language === 'en' || code === null) return problem.detail ?? problem.title
  const { title } = errorWords(language, code)
  return problem.detail === undefined ? title : `${title} (${problem.detail})`
}

/** What was wrong, and what to do next, as sentences. */
export function errorAndNext(error: unknown, speaks: Speaks): string {
  const [wrong, next] = [errorText(error, speaks), errorNext(error, speaks)]
  if (next === null) return wrong
  return `${wrong}${wrong.endsWith('.') ? '' : '.'} ${next}`
}

/** What to do next; null when the catalogue does not know the error. */
export function errorNext(error: unknown, { language }: Speaks): string | null {
  return error instanceof ApiError && error.code !== null ? errorWords(language, error.code).next : null
}
