import { expect, it } from 'vitest'
import { ERRORS, isErrorCode } from '../errors.ts'
import { errorWords } from './errors.ts'

it('every error of the catalogue has words of its own in both languages, and names the same routes, settings and commands', () => {
  // What is typed or called: it has no translation.
  const named = (text: string) => text.match(/(?:GET|POST) \/[\w/?=&]+|SPARK_\w+|spark (?:users \S+|doctor|rollout \w+)/g) ?? []
  for (const code of Object.keys(ERRORS).filter(isErrorCode)) {
    const [en, tr] = [errorWords('en', code), errorWords('tr', code)]
    expect(en).toBe(ERRORS[code])
    for (const part of ['title', 'next'] as const) {
      expect(tr[part], code).not.toBe(en[part])
      expect(named(tr[part]), code).toEqual(named(en[part]))
    }
  }
})
