import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { clientOrderId, intentId, isOurs } from './intent.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

it('the same wish has the same id; another strategy, candle or purpose has another', () => {
  const wish = { strategyId: 'a', moment: 1, purpose: 'enter' as const }
  const ids = [
    wish,
    { ...wish, strategyId: 'b' },
    { ...wish, moment: 2 },
    { ...wish, moment: '1' },
    { ...wish, purpose: 'exit' as const },
  ]
  expect(intentId({ ...wish }, sha256)).toBe(intentId(wish, sha256))
  expect(new Set(ids.map((one) => intentId(one, sha256))).size).toBe(ids.length)
})

it('a client order id is of a form that every venue takes, and known as ours', () => {
  const id = clientOrderId(intentId({ strategyId: 'a', moment: 1, purpose: 'enter' }, sha256))
  expect(id).toMatch(/^[a-zA-Z0-9-]{32}$/)
  expect(isOurs(id)).toBe(true)
  expect(isOurs('web_1')).toBe(false)
})
