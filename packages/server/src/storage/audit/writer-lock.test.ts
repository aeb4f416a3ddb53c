import { spawn, type ChildProcessByStdio } from 'node:child_process'
import type { Readable } from 'node:stream'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { StorageError } from '../storage-error.ts'
import { lockWriter } from './writer-lock.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'spark-lock-'))
let holder: ChildProcessByStdio<null, Readable, null> | null = null
afterAll(() => {
  holder?.kill('SIGKILL')
  rmSync(dataDir, { recursive: true })
})

it('makes a data folder that is not there, closed to others', () => {
  const fresh = join(dataDir, 'fresh')
  lockWriter(fresh, 'supervisor')()
  for (const folder of [fresh, join(fresh, 'audit')]) expect(statSync(folder).mode & 0o777).toBe(0o700)
})

it('one process at a time holds a writer, and kill -9 gives it back', async () => {
  const code = `import { lockWriter } from ${JSON.stringify(new URL('./writer-lock.ts', import.meta.url).href)}; globalThis.held = lockWriter(${JSON.stringify(dataDir)}, 'api-1'); console.log('held'); setInterval(() => {}, 1e6)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  holder = child
  await new Promise((resolve) => child.stdout.once('data', resolve))
  expect(() => lockWriter(dataDir, 'api-1')).toThrow(StorageError)
  // Another writer is another lock.
  lockWriter(dataDir, 'executor')()
  child.kill('SIGKILL')
  await new Promise((resolve) => child.once('exit', resolve))
  const release = lockWriter(dataDir, 'api-1')
  expect(() => lockWriter(dataDir, 'api-1')).toThrow('another process runs as api-1')
  release()
})
