import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { ManualClock } from '../clock.ts'
import { createLog } from '../log.ts'
import { openMainDatabase } from '../storage/open-main-database.ts'
import { createOptimizationStore } from '../storage/optimization-store.ts'
import { temporaryFolder } from '../storage/temporary-folder.ts'
import { startOptimizations } from './run-optimizations.ts'

const FOUND = { rule: null, trials: 4 }
/** What the process does, by the strategy. */
const SCRIPTS: Record<string, string> = {
  finds: `process.send({ kind: 'done', ok: false, said: 'nothing', result: ${JSON.stringify(FOUND)} }); process.disconnect()`,
  goes_on: "process.send({ kind: 'progress', share: 0.5 }); setInterval(() => {}, 1000)",
}

async function openStage() {
  const database = await openMainDatabase({ path: join(temporaryFolder(), 'spark.db'), thread: false })
  const store = createOptimizationStore(database.db)
  const clock = new ManualClock(1_000_000)
  const children: ChildProcess[] = []
  const start = ({ strategyId }: { strategyId: string }) => {
    const script = SCRIPTS[strategyId] ?? ''
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    children.push(child)
    return child
  }
  const open = () => startOptimizations({ store, clock, log: createLog('test', 'silent'), source: 'sim', start })
  const searches = await open()
  onTestFinished(async () => {
    await searches.stop()
    await database.close()
  })
  const ask = (id: string, strategyId: string, askedAt = 0) =>
    store.ask(database.db, { id, strategyId, askedBy: 'operator', askedAt, reason: null, ask: {} })
  return { database, store, clock, children, open, searches, ask }
}

it('the proposal is stored whole when the search has ended, and not before', async () => {
  const { store, searches, ask } = await openStage()
  await ask('a', 'finds')
  expect(await store.get('a')).toMatchObject({ state: 'waiting', proposal: null })
  await searches.run('a')
  expect(await store.get('a')).toMatchObject({ state: 'done', ok: false, progress: 1, said: 'nothing', proposal: FOUND })
})

it('one whose executor was killed is found failed by the next, without a proposal', async () => {
  const { store, open, ask } = await openStage()
  await ask('a', 'finds')
  await store.begin('a')
  await store.progress('a', 0.7)
  const next = await open()
  expect(await store.get('a')).toMatchObject({ state: 'failed', proposal: null, said: 'its process ended before it did' })
  await next.run('a')
  expect(await store.get('a')).toMatchObject({ state: 'failed', proposal: null })
})

it('one that is cancelled ends, and leaves no proposal', async () => {
  const { database, store, clock, children, searches, ask } = await openStage()
  await ask('a', 'goes_on')
  const running = searches.run('a')
  while (children[0] === undefined) await new Promise((resolve) => setImmediate(resolve))
  await once(children[0], 'message')
  await clock.advance(500)
  expect(await store.get('a')).toMatchObject({ state: 'running', progress: 0.5 })
  await store.cancel(database.db, 'a', clock.nowMs())
  await clock.advance(500)
  await running
  expect(await store.get('a')).toMatchObject({ state: 'cancelled', proposal: null })
})

it('of one strategy the newest come first; beyond a hundred the old ones are removed', async () => {
  const { store, searches, ask } = await openStage()
  for (let at = 0; at < 101; at += 1) {
    await ask(`old-${at}`, at % 2 === 0 ? 'other' : 'finds', at)
    await store.end(`old-${at}`, { state: 'done', ok: true, said: '', nowMs: at })
  }
  await ask('new', 'finds', 200)
  await searches.run('new')
  expect(await store.list(1000)).toHaveLength(100)
  expect((await store.list(2, 'finds')).map(({ id }) => id)).toEqual(['new', 'old-99'])
})
