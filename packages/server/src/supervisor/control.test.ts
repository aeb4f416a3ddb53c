import { afterEach, beforeEach, expect, it } from 'vitest'
import { createLog } from '../log.ts'
import { listenControl } from './control.ts'
import type { SupervisorState, SwitchLine, SwitchRequest } from './supervisor-contract.ts'
import { freeName } from './workers.ts'

const RELEASE = { sha: 'a'.repeat(40), dir: '/releases/a' }
let door: { port: number; close(): void }
let busy: string | null
let asked: SwitchRequest[]
let lines: SwitchLine[]

beforeEach(async () => {
  busy = null
  asked = []
  lines = [{ kind: 'done', worker: null }]
  door = await listenControl({
    log: createLog('test', 'silent'),
    authenticate: (sent) => (sent === 'Bearer operator' ? 'operator' : sent === 'Bearer executor' ? 'executor' : 'anonymous'),
    state: () => ({ busy }) as SupervisorState,
    async switchTo(request, tell) {
      asked.push(request)
      for (const line of lines) tell(line)
    },
  })
})
afterEach(() => door.close())

const call = (path: string, init: RequestInit & { token?: string } = {}) =>
  fetch(`http://127.0.0.1:${door.port}${path}`, { ...init, headers: { authorization: `Bearer ${init.token ?? 'operator'}` } })
const post = (body: string) => call('/switch', { method: 'POST', body })

it('the door of the supervisor opens to the operator token alone', async () => {
  for (const token of ['executor', 'wrong', '']) expect((await call('/state', { token })).status).toBe(401)
  expect((await call('/state')).status).toBe(200)
  expect((await call('/other')).status).toBe(404)
})

it('a switch tells its stages a line each', async () => {
  lines = [
    { kind: 'stage', text: 'api-2: healthy', ms: 5 },
    { kind: 'problem', text: 'api-3: no' },
  ]
  const answer = await post(JSON.stringify({ kind: 'rolling', release: RELEASE, back: RELEASE, modelHash: 'm', other: 1 }))
  expect(
    (await answer.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as SwitchLine),
  ).toEqual(lines)
  expect(asked).toEqual([{ kind: 'rolling', release: RELEASE, back: RELEASE, modelHash: 'm', givesWay: false }])
})

it('refuses what is no switch, and a second one while one is under way', async () => {
  for (const body of [
    '',
    'null',
    '{}',
    '{"kind":"other"}',
    '{"kind":"rolling"}',
    '{"kind":"canary","release":{"sha":1,"dir":"x"}}',
    'x'.repeat(20_000),
  ])
    expect((await post(body)).status, body.slice(0, 40)).toBe(400)
  busy = 'rolling to aaaa'
  const second = await post('{"kind":"restart"}')
  expect([second.status, await second.json()]).toEqual([409, { problem: 'rolling to aaaa is under way' }])
  expect(asked).toEqual([])
})

it('a replacement takes the lowest free number: one that drains still holds its chain', () => {
  expect(freeName(new Set())).toBe('api-1')
  expect(freeName(new Set(['api-1', 'api-3']))).toBe('api-2')
})
