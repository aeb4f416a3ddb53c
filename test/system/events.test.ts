import { connect } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { systemClock } from '@spark/server/clock'
import { auditOf } from '@spark/server/storage/audit/audit-location'
import { openAuditWriter } from '@spark/server/storage/audit/audit-writer'
import { raiseAlerts } from '../support/alerts.ts'
import { listen, type EventStream, type ServerEvent } from '../support/event-stream.ts'
import { createSpark, eventually, featureNow, healthy, postScore, type Spark } from '../support/spark.ts'

let spark: Spark
beforeAll(async () => {
  spark = await createSpark()
  spark.start('api')
  await healthy(spark)
})
afterAll(() => spark.remove())

const listenTo = (lastEventId?: string) => listen(spark.apiUrl, lastEventId)
const scoreAs = async (strategyId: string) => {
  await postScore(spark, { feature: featureNow(), strategyId })
}
const strategies = (events: readonly ServerEvent[]) =>
  events.filter((one) => one.event === 'audit').map((one) => one.data['strategyId'])

it('the event stream tells of audit rows as they come, and of the figures', async () => {
  const stream = listenTo()
  await eventually('figures', 10_000, async () => stream.events.some((one) => one.event === 'metrics'))
  await scoreAs('live-1')
  await eventually('the row', 5000, async () => strategies(stream.events).includes('live-1'))
  stream.close()
})

it('resumes behind Last-Event-ID without a gap or a repetition', async () => {
  const first = listenTo()
  await eventually('figures', 10_000, async () => first.events.length > 0)
  await scoreAs('resume-1')
  await eventually('the first row', 5000, async () => strategies(first.events).includes('resume-1'))
  const { id } = first.events.findLast((one) => one.event === 'audit') ?? { id: '' }
  first.close()
  await scoreAs('resume-2')
  await scoreAs('resume-3')
  const second = listenTo(id)
  await eventually('the missed rows', 5000, async () => strategies(second.events).includes('resume-3'))
  expect(strategies(second.events)).toEqual(['resume-2', 'resume-3'])
  second.close()
})

it('a reader that resumes far behind gets every row, in order, on one connection', async () => {
  const features = Array.from({ length: 900 }, () => featureNow())
  for (const strategyId of ['backlog-1', 'backlog-2']) {
    const response = await fetch(`${spark.apiUrl}/api/ml/score/batch`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${spark.token()}` },
      body: JSON.stringify({ features, strategyId }),
    })
    expect(response.status).toBe(200)
  }
  const stream = listenTo('api-1:0')
  const backlog = () => strategies(stream.events).filter((id) => String(id).startsWith('backlog'))
  await eventually('all rows', 20_000, async () => backlog().length >= 1800)
  expect(backlog()).toEqual([
    ...Array.from({ length: 900 }, () => 'backlog-1'),
    ...Array.from({ length: 900 }, () => 'backlog-2'),
  ])
  stream.close()
})

it('tells of what happens to orders in the order it happened, and each event once to who resumes', async () => {
  const stream = listenTo()
  await eventually('figures', 10_000, async () => stream.events.length > 0)
  // As the executor writes it.
  const writer = await openAuditWriter({ ...auditOf(spark), writer: 'orders', clock: systemClock })
  const told = (action: string) => ({
    action,
    actor: 'executor',
    strategyId: 's',
    result: 'ok' as const,
    context: { fill: { id: '1' } },
  })
  await writer.appendAll(['order.reserved', 'order.sending', 'order.partly_filled'].map(told))
  const orders = (of: EventStream) => of.events.filter(({ event }) => event === 'order').map(({ data }) => data['action'])
  await eventually('the orders', 5000, async () => orders(stream).length === 3)
  expect(orders(stream)).toEqual(['order.reserved', 'order.sending', 'order.partly_filled'])
  expect(stream.events.findLast(({ event }) => event === 'order')?.data).toMatchObject({
    strategyId: 's',
    context: { fill: { id: '1' } },
  })
  const { id = '' } = stream.events.findLast(({ event }) => event === 'audit') ?? {}
  stream.close()
  await writer.appendAll(['order.filled', 'kill.set'].map(told))
  await writer.close()
  const resumed = listenTo(id)
  const kinds = () =>
    resumed.events
      .filter(({ event }) => event === 'order' || event === 'audit')
      .map(({ event, data }) => `${event} ${String(data['action'])}`)
  await eventually('the rest', 5000, async () => kinds().includes('audit kill.set'))
  expect(kinds()).toEqual(['order order.filled', 'audit order.filled', 'audit kill.set'])
  resumed.close()
})

it('tells of an alert and of what people do about it, and who resumes of how it is now', async () => {
  const raise = (code: string) => raiseAlerts(spark, [{ severity: 'red', code, scope: 'test', message: `${code} happened` }])
  const told = (of: EventStream) =>
    of.events.filter(({ event }) => event === 'alert').map(({ data }) => `${String(data['code'])} ${String(data['state'])}`)
  await raise('before')
  const stream = listenTo()
  await eventually('figures', 10_000, async () => stream.events.length > 0)
  await raise('now')
  await eventually('the alert', 5000, async () => told(stream).includes('now firing'))
  expect(stream.events.findLast(({ event }) => event === 'alert')?.data).toMatchObject({
    severity: 'red',
    message: 'now happened',
  })
  const id = stream.events.findLast(({ event }) => event === 'alert')?.data['id']
  const acknowledge = () =>
    fetch(`${spark.apiUrl}/api/alerts/${Number(id)}/acknowledge`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${spark.token()}` },
      body: '{}',
    })
  expect((await acknowledge()).status).toBe(200)
  await eventually('its acknowledgement', 5000, async () => told(stream).includes('now acknowledged'))
  expect(told(stream)).toEqual(['now firing', 'now acknowledged'])
  const seen = stream.events.at(-1)?.id
  stream.close()
  await raise('missed')
  await raise('missed')
  await acknowledge()
  const resumed = listenTo(seen)
  await eventually('what was missed', 5000, async () => told(resumed).length === 2)
  expect(told(resumed)).toEqual(['missed firing', 'now acknowledged'])
  resumed.close()
})

it('an id that is not ours starts now', async () => {
  const stream = listenTo('garbage; drop table')
  await eventually('figures', 10_000, async () => stream.events.some((one) => one.event === 'metrics'))
  expect(strategies(stream.events)).toEqual([])
  stream.close()
})

it.each([
  ['no Host header', 'GET /api/ml/version HTTP/1.0\r\n\r\n', '421'],
  ['a foreign Host header', 'GET /api/ml/version HTTP/1.1\r\nHost: evil.example\r\n\r\n', '421'],
  ['no HTTP at all', 'hello\r\n\r\n', '400'],
  ['headers of 40 kB', `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'y'.repeat(40_000)}\r\n\r\n`, '431'],
])('a connection with %s is refused with a problem', async (_what, bytes, status) => {
  const answer = await new Promise<string>((resolve) => {
    const socket = connect(Number(new URL(spark.apiUrl).port), '127.0.0.1', () => socket.write(bytes))
    let text = ''
    socket.setEncoding('utf8').on('data', (piece: string) => {
      text += piece
      if (text.includes('"code"')) socket.destroy()
    })
    socket.on('close', () => resolve(text))
    socket.on('error', () => resolve(text))
  })
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  expect(answer).toContain('application/problem+json')
})

it('too many requests without a token are told when to come back', async () => {
  const limited = await createSpark({ SPARK_RATE_LIMIT_PER_MIN: '5' })
  limited.start('api')
  await eventually('listening', 15_000, async () => (await fetch(`${limited.apiUrl}/api/ml/version`)).ok)
  let last = await fetch(`${limited.apiUrl}/api/ml/version`)
  for (let call = 0; call < 6; call++) last = await fetch(`${limited.apiUrl}/api/ml/version`)
  expect(last.status).toBe(429)
  expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(await last.json()).toMatchObject({ code: 'too_many_requests' })
  const withToken = await fetch(`${limited.apiUrl}/api/ml/version`, { headers: { authorization: `Bearer ${limited.token()}` } })
  expect(withToken.status).toBe(200)
  await limited.remove()
})
