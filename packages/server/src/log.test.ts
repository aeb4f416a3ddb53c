import { expect, it } from 'vitest'
import { createLog, createRecentLines } from './log.ts'

it('keeps the newest lines that are not well, as they were written', () => {
  const recent = createRecentLines()
  const log = createLog('test', 'warn', recent)
  log.info('all is well')
  log.child({ part: 'feed' }).warn({ token: 'secret' }, 'feed is slow')
  expect(recent.list()).toEqual([expect.stringMatching(/^\{"level":"warn",.*"token":"\[redacted\]","msg":"feed is slow"\}$/)])
  for (let at = 0; at < 250; at++) recent.add(`{"level":"error","at":${at}}\n`)
  expect(recent.list()).toHaveLength(200)
  expect(recent.list().at(-1)).toBe('{"level":"error","at":249}')
  recent.add(`{"level":"fatal","msg":"${'x'.repeat(5000)}"}`)
  expect(recent.list().at(-1)).toHaveLength(2000)
})
