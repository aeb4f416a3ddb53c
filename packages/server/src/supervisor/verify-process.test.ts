import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../clock.ts'
import { freePort } from '../free-port-fixture.ts'
import { createLog } from '../log.ts'
import { systemRandomness } from '../random.ts'
import { CHILD_LIMITS, keepAlive, type Child } from './child.ts'
import { NotTaken, verifyExecutor, verifyWorker } from './verify-process.ts'

const RELEASE = { sha: 'a'.repeat(40), dir: '/releases/a' }
const HASHES = { schemaHash: '1'.repeat(64), modelHash: '2'.repeat(64) }
const NOTHING = { schemaHash: null, modelHash: null }

let folder: string
let running: Child | null
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spark-verify-'))
  running = null
})
afterEach(async () => {
  await running?.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** A process that answers its health and versions like this. */
async function started(answers: { sha?: string; schemaHash?: string; modelHash?: string; exits?: boolean } = {}) {
  const url = `http://127.0.0.1:${await freePort()}`
  const { sha = RELEASE.sha, exits = false, ...hashes } = answers
  const entry = join(folder, 'entry.mjs')
  writeFileSync(
    entry,
    `import { createServer } from 'node:http'
    if (${exits}) process.exit(3)
    const health = { ok: true, pid: process.pid, buildSha: '${sha}' }
    const versions = ${JSON.stringify({ ...HASHES, ...hashes })}
    createServer((request, response) => {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(request.url === '/api/ml/version' ? versions : health))
    }).listen(${new URL(url).port}, '127.0.0.1', () => process.send({ url: '${url}' }))
    process.once('SIGTERM', () => process.exit(0))
    process.once('disconnect', () => process.exit(0))`,
  )
  const child = keepAlive(
    { name: 'test', entry, args: [], socketFd: null, semiSpaceMb: 2, healthUrl: null, env: {} },
    {
      clock: systemClock,
      random: systemRandomness,
      log: createLog('test', 'silent'),
      limits: { ...CHILD_LIMITS, probeEveryMs: 20 },
      onRefused() {},
      onHealth() {},
    },
  )
  running = child
  return { child, url }
}

describe('a worker', () => {
  it('of the release, with the schema and model of the others, is taken, and tells both', async () => {
    const { child } = await started()
    expect(await verifyWorker(child, RELEASE, HASHES, systemClock)).toEqual(HASHES)
    expect(await verifyWorker(child, RELEASE, NOTHING, systemClock)).toEqual(HASHES)
  })

  it.each([
    ['schema', { schemaHash: 'b'.repeat(64) }, 'its schema is bbbbbbbbbbbb, and must be 111111111111 like that of the others'],
    ['model', { modelHash: 'c'.repeat(64) }, 'its model is cccccccccccc, and must be 222222222222 like that of the others'],
    [
      'build',
      { sha: 'd'.repeat(40) },
      'it runs build dddddddddddd, not aaaaaaaaaaaa: the checkout has moved on since; deploy it',
    ],
    ['end', { exits: true }, 'it ended with exit code 3'],
  ])('with another %s is not taken, and the reason says what it must be', async (_, other, reason) => {
    const { child } = await started(other)
    await expect(verifyWorker(child, RELEASE, HASHES, systemClock)).rejects.toThrow(new NotTaken(reason))
  })
})

describe('the executor', () => {
  it('of the release is taken, of another build it is not', async () => {
    const { child, url } = await started()
    await verifyExecutor(child, RELEASE, url, systemClock)
    const other = { ...RELEASE, sha: 'e'.repeat(40) }
    await expect(verifyExecutor(child, other, url, systemClock)).rejects.toThrow('it runs build aaaaaaaaaaaa, not eeeeeeeeeeee')
  })
})
