import { expect, it } from 'vitest'
import { startedWith, switchedTo } from './running-since.ts'
import type { SupervisorRecord } from './supervisor-contract.ts'

const good = { sha: 'good', dir: '/releases/good' }
const bad = { sha: 'bad', dir: '/checkout' }
const other = { sha: 'other', dir: '/releases/other' }
const RETURN = { givesWay: true }
const DEPLOY = { givesWay: false }

/** `bad` ran since 100 and was taken back at 300. */
const returned: SupervisorRecord = {
  pid: 1,
  port: 2,
  followed: { rollout: 'rollout-9', tries: 2, over: true },
  ...switchedTo({ release: { ...bad, sinceMs: 100 }, gaveWay: null }, good, RETURN, 300),
}

it('what is started first runs from then on, and started again since it did before, from whichever folder', () => {
  expect(startedWith(null, good, 50)).toEqual({ release: { ...good, sinceMs: 50 }, followed: null, gaveWay: null })
  const again = startedWith(returned, { ...good, dir: '/elsewhere' }, 900)
  expect(again).toEqual({
    release: { sha: 'good', dir: '/elsewhere', sinceMs: 300 },
    followed: returned.followed,
    gaveWay: returned.gaveWay,
  })
  expect(startedWith(returned, other, 900)).toMatchObject({
    release: { sha: 'other', sinceMs: 900 },
    followed: returned.followed,
  })
})

it('what gave way and is started again because the checkout still lies there gives way again, at every start', () => {
  const started = startedWith(returned, bad, 900)
  const followed = { rollout: 'rollout-9', tries: 0, over: false }
  expect(started).toEqual({ release: { ...bad, sinceMs: 100 }, followed, gaveWay: { sha: 'bad', sinceMs: 100 } })
  const back = { ...returned, ...started, ...switchedTo(started, good, RETURN, 950) }
  expect(startedWith(back, bad, 999)).toEqual(started)
})

it('unless it was deployed since: that is the wish of somebody who knew', () => {
  const deployed = { ...returned, ...switchedTo(returned, bad, DEPLOY, 500) }
  expect(deployed).toMatchObject({ release: { ...bad, sinceMs: 500 }, gaveWay: null })
  expect(startedWith(deployed, bad, 900)).toMatchObject({ release: { sinceMs: 500 }, followed: { over: true } })
  const onAnother = { ...deployed, ...switchedTo(deployed, other, DEPLOY, 600) }
  expect(startedWith(onAnother, bad, 900)).toMatchObject({ release: { sinceMs: 900 }, followed: { over: true } })
})

it('a deploy of something else, and one that came back to what ran, leave it known', () => {
  expect(switchedTo(returned, other, DEPLOY, 500).gaveWay).toEqual({ sha: 'bad', sinceMs: 100 })
  expect(switchedTo(returned, good, DEPLOY, 500)).toEqual({ release: returned.release, gaveWay: returned.gaveWay })
  expect(switchedTo({ release: { ...bad, sinceMs: 100 }, gaveWay: null }, bad, RETURN, 500).gaveWay).toBeNull()
})
