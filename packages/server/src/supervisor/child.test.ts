import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { systemClock } from '../clock.ts'
import { freePort } from '../free-port-fixture.ts'
import { createLog } from '../log.ts'
import { systemRandomness } from '../random.ts'
import { keepAlive, type Child } from './child.ts'

let folder: string
let running: Child | null
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spark-child-'))
  running = null
})
afterEach(async () => {
  await running?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const HUNG_MS = 800

/** Answers its health route from `afterMs` on, until it is asked for /hang. */
async function started(afterMs: number, startMs: number, more = ''): Promise<{ url: string; child: Child }> {
  const url = `http://127.0.0.1:${await freePort()}`
  const entry = join(folder, 'entry.mjs')
  writeFileSync(
    entry,
    `import { createServer } from 'node:http'
    let hangs = false
    const server = createServer((request, response) => {
      hangs ||= request.url === '/hang'
      if (!hangs) response.end(JSON.stringify({ pid: process.pid }))
    })
    setTimeout(() => server.listen(${new URL(url).port}, '127.0.0.1'), ${afterMs})
    ${more}
    process.once('SIGTERM', () => process.exit(0))
    process.once('disconnect', () => process.exit(0))`,
  )
  const child = keepAlive(
    { name: 'test', entry, args: [], socketFd: null, semiSpaceMb: 2, healthUrl: `${url}/health`, env: {} },
    {
      clock: systemClock,
      random: systemRandomness,
      log: createLog('test', 'silent'),
      limits: {
        hungMs: HUNG_MS,
        startMs,
        probeEveryMs: 50,
        probeTimeoutMs: 1000,
        backoff: { firstMs: 10, maxMs: 20 },
        provenMs: 60_000,
      },
      onRefused() {},
      onHealth() {},
    },
  )
  running = child
  return { url, child }
}

it('a child that takes longer to start than one that runs may be silent is left alone, and its start is its only one', async () => {
  const { child } = await started(2 * HUNG_MS, 60_000)
  await child.firstHealthy
  expect(child.restarts()).toBe(0)
}, 30_000)

it('a child that never answers is killed after the limit of a start', async () => {
  const { child } = await started(600_000, 500)
  expect(await child.firstFailed).toBe('it was ended by SIGKILL')
}, 30_000)

it('a child that has answered and answers no more is killed after the limit of one that runs', async () => {
  const { url, child } = await started(0, 60_000)
  await child.firstHealthy
  void fetch(`${url}/hang`).catch(() => {})
  expect(await child.firstFailed).toBe('it was ended by SIGKILL')
}, 30_000)

it('a child that has said it is ready and has never answered is killed after that limit too', async () => {
  const { child } = await started(600_000, 60_000, `process.send('ready')`)
  expect(await child.firstFailed).toBe('it was ended by SIGKILL')
}, 30_000)
