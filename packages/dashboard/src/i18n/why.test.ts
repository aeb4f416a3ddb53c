import { expect, it } from 'vitest'
import { ROW_CODES } from '@spark/contract/row-codes'
import { LANGUAGES, messagesOf } from './messages.ts'
import { whyText } from './why.ts'

it.each(LANGUAGES)('every code by which a row says why has words in %s', (language) => {
  const { why } = messagesOf(language)
  expect(ROW_CODES.filter((code) => whyText(code, why).trim() === '' || whyText(code, why) === code)).toEqual([])
})

it('the words are other ones in Turkish', () => {
  const [en, tr] = [messagesOf('en').why, messagesOf('tr').why]
  expect(ROW_CODES.filter((code) => whyText(code, en) === whyText(code, tr))).toEqual([])
})

it('of an order that was not placed both are said, and the code of a stranger stays as it is', () => {
  expect(whyText('not_placed: rate_limited', messagesOf('en').why)).toBe(
    'it was not placed, and is tried again: the venue was asked too often',
  )
  expect(whyText('http_418', messagesOf('tr').why)).toBe('http_418')
})
