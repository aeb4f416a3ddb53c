import { TIME_FORMS, parseTime } from '@spark/contract/time'
import { ApiProblem } from './api-problem.ts'

const LIMIT_DEFAULT = 100
const LIMIT_MAX = 10_000

/** Rows of a page. Throws ApiProblem. */
export function limitOf(text: string | undefined): number {
  const limit = text === undefined ? LIMIT_DEFAULT : Number(text)
  if (limit > LIMIT_MAX) throw new ApiProblem('bad_request', `limit must be from 1 to ${LIMIT_MAX}`)
  return limit
}

/** ms. Throws ApiProblem with the name of the field. */
export function timeOf(value: number | string, name: string): number {
  const ms = parseTime(value)
  if (ms === null) throw new ApiProblem('bad_request', `${name} must be ${TIME_FORMS}`)
  return ms
}
