import { expect, it } from 'vitest'
import { createLog, createRecentLines } from './log.ts'
import { StorageError } from './storage/storage-error.ts'

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

it('says once that storage is away, however often it is tried, and everything else each time', () => {
  const recent = createRecentLines()
  const log = createLog('test', 'warn', recent)
  const away = new StorageError('unavailable', 'postgres://server/spark', 'connect ECONNREFUSED')
  for (let attempt = 0; attempt < 50; attempt++) {
    log.error({ err: away, attempt }, 'the queue cannot be read; trying again')
    for (const symbol of ['BTCUSDT', 'ETHUSDT']) log.warn({ err: away, stream: { symbol } }, 'candles could not be taken')
  }
  for (let time = 0; time < 2; time++)
    log.error({ err: new StorageError('corrupt', 'spark.db', 'malformed') }, 'spark.db is broken')
  log.error({ err: new StorageError('disk_full', 'spark.db', 'no space') }, 'the queue cannot be read; trying again')
  for (let attempt = 0; attempt < 3; attempt++)
    log.error({ err: new Error('a defect') }, 'the queue cannot be read; trying again')
  log.warn('feed is slow')
  const said = recent.list().map((line) => (JSON.parse(line) as { msg: string }).msg)
  expect(said).toEqual([
    'the queue cannot be read; trying again',
    'candles could not be taken',
    'candles could not be taken',
    'spark.db is broken',
    'spark.db is broken',
    ...Array.from({ length: 4 }, () => 'the queue cannot be read; trying again'),
    'feed is slow',
  ])
})
