import { expect, it } from 'vitest'
import { ApiError, UnreachableError } from '@spark/contract/client'
import { errorAndNext, errorNext } from './error-text.ts'
import { messagesOf } from './i18n/messages.ts'

const speaks = { language: 'en', m: messagesOf('en') } as const
const problem = (detail: string) =>
  new ApiError(401, {
    type: 'about:blank',
    title: 'Not signed in',
    status: 401,
    code: 'unauthorized',
    detail,
    next: 'Sign in.',
  } as never)

it('says in sentences what was wrong and what to do next', () => {
  const next = errorNext(problem('no token'), speaks)
  expect(next).not.toBeNull()
  expect(errorAndNext(problem('no token'), speaks)).toBe(`no token. ${next}`)
  expect(errorAndNext(problem('It is old.'), speaks)).toBe(`It is old. ${next}`)
  expect(errorAndNext(new Error('broken'), speaks)).toBe('broken')
  expect(errorAndNext(new UnreachableError('http://x', new Error('refused')), speaks)).toBe(speaks.m.common.offline)
})
