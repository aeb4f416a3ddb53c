import { expect, it } from 'vitest'
import { Value } from 'typebox/value'
import { ERRORS, Problem, isErrorCode, problem } from './errors.ts'
import { ROUTE_LIST } from './routes.ts'

it('every error says what it means and what to do next, in whole sentences', () => {
  for (const [code, entry] of Object.entries(ERRORS)) {
    expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/)
    expect(entry.title, code).toMatch(/\.$/)
    expect(entry.next, code).toMatch(/\.$/)
    expect(entry.status, code).toBeGreaterThanOrEqual(200)
  }
})

it('every error makes problem details with its code twice', () => {
  for (const code of Object.keys(ERRORS).filter(isErrorCode)) {
    const details = problem(code, 'a'.repeat(32), 'why')
    expect(Value.Check(Problem, details)).toBe(true)
    expect(details).toMatchObject({ code, _err: code, detail: 'why', type: `urn:spark:error:${code}` })
  }
})

it('what is not in the catalogue is no code', () => {
  for (const text of ['constructor', '__proto__', '', 'nope', null, 1]) expect(isErrorCode(text)).toBe(false)
})

it('routes name refusals only: an answer with status 200 is no error of a route', () => {
  for (const route of ROUTE_LIST)
    for (const code of route.errors) expect(ERRORS[code].status, `${route.name} ${code}`).toBeGreaterThanOrEqual(400)
})
