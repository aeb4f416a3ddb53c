import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { ManualClock } from '../clock.ts'
import { createLog } from '../log.ts'
import { rehearsalFile, rehearsalsDir } from '../rehearsal/rehearsal-files.ts'
import { openMainDatabase, type MainDatabase } from '../storage/open-main-database.ts'
import { createRehearsalStore, type RehearsalStore } from '../storage/rehearsal-store.ts'
import { temporaryFolder } from '../storage/temporary-folder.ts'
import type { ApartWork } from './run-apart.ts'
import { startRehearsals } from './run-rehearsals.ts'

/** What the process does, by the seed that was asked for. */
const SCRIPTS = [
  "process.send({ kind: 'done', ok: true, said: 'ended in done' }); process.disconnect()",
  "process.send({ kind: 'progress', share: 0.5 }); setInterval(() => {}, 1000)",
  "throw new Error('out of memory')",
  "process.send({ kind: 'refused', said: 'nobody is on the canary stream' }); process.disconnect()",
]

let dataDir: string
let database: MainDatabase
let store: RehearsalStore
let clock: ManualClock
let rehearsals: ApartWork
let children: ChildProcess[]

beforeEach(async () => {
  dataDir = temporaryFolder()
  database = await openMainDatabase({ path: join(dataDir, 'spark.db'), thread: false })
  store = createRehearsalStore(database.db)
  clock = new ManualClock(1_000_000)
  children = []
  await open()
})
afterEach(async () => {
  await rehearsals.stop()
  await database.close()
})

async function open(): Promise<void> {
  rehearsals = await startRehearsals({
    dataDir,
    store,
    clock,
    log: createLog('test', 'silent'),
    start({ ask: { seed } }) {
      const child = spawn(process.execPath, ['-e', SCRIPTS[seed] ?? ''], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
      children.push(child)
      return child
    },
  })
}

const ask = (id: string, seed: number, askedAt = 0) =>
  store.ask(database.db, { id, askedBy: 'operator', askedAt, reason: null, ask: { seed } })
const stateOf = async (id: string) => {
  const found = await store.get(id)
  return found === null ? null : { state: found.state, ok: found.ok, said: found.said, progress: found.progress }
}
/** The process of a rehearsal that has been asked to run. */
async function childAt(at: number): Promise<ChildProcess> {
  while (children[at] === undefined) await new Promise((resolve) => setImmediate(resolve))
  return children[at]
}

it('a rehearsal that is done says how it ended', async () => {
  await ask('a', 0)
  await rehearsals.run('a')
  expect(await stateOf('a')).toEqual({ state: 'done', ok: true, said: 'ended in done', progress: 1 })
})

it.each([
  [2, 'out of memory'],
  [3, 'nobody is on the canary stream'],
])('one that could not be rehearsed says why: script %i, %s', async (seed, why) => {
  await ask('a', seed)
  await rehearsals.run('a')
  const ended = await stateOf('a')
  expect(ended).toMatchObject({ state: 'failed', ok: null })
  expect(ended?.said).toContain(why)
})

it('tells how far it is, takes turns, and ends when somebody cancels it', async () => {
  await ask('a', 1)
  await ask('b', 0)
  const both = Promise.all([rehearsals.run('a'), rehearsals.run('b')])
  await once(await childAt(0), 'message')
  await clock.advance(500)
  expect(await stateOf('a')).toMatchObject({ state: 'running', progress: 0.5 })
  expect(await stateOf('b')).toMatchObject({ state: 'waiting' })
  expect(children).toHaveLength(1)
  expect(await store.cancel(database.db, 'a', clock.nowMs())).toBe(true)
  await clock.advance(500)
  await both
  expect(await stateOf('a')).toMatchObject({ state: 'cancelled' })
  expect(await stateOf('b')).toMatchObject({ state: 'done' })
  expect(await store.cancel(database.db, 'a', clock.nowMs())).toBe(false)
})

it('one that was cancelled while it waited never begins', async () => {
  await ask('a', 0)
  expect(await store.cancel(database.db, 'a', clock.nowMs())).toBe(true)
  await rehearsals.run('a')
  expect(children).toEqual([])
  expect(await stateOf('a')).toMatchObject({ state: 'cancelled' })
})

it('what ran when the executor ended has failed, and its process is gone', async () => {
  await ask('a', 1)
  const running = rehearsals.run('a')
  const child = await childAt(0)
  await rehearsals.stop()
  await running
  expect(child.signalCode).toBe('SIGKILL')
  await ask('b', 1)
  await store.begin('b')
  await open()
  expect(await stateOf('b')).toMatchObject({ state: 'failed', said: 'its process ended before it did' })
})

it('the newest 20 that have ended are kept, with their reports', async () => {
  mkdirSync(rehearsalsDir(dataDir))
  for (let at = 0; at < 21; at++) {
    const id = `old-${at}`
    await ask(id, 0, at)
    await store.end(id, { state: 'done', ok: true, said: '', nowMs: at })
    writeFileSync(rehearsalFile(dataDir, id, 'json'), '{}')
  }
  await ask('new', 0, 100)
  await rehearsals.run('new')
  expect((await store.list(100)).map(({ id }) => id)).toHaveLength(20)
  expect([0, 1, 2].map((at) => existsSync(rehearsalFile(dataDir, `old-${at}`, 'json')))).toEqual([false, false, true])
})
