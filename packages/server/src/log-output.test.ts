import { spawn } from 'node:child_process'
import { expect, it } from 'vitest'
import { createLog } from './log.ts'

const LOG_MODULE = new URL('log.ts', import.meta.url).href
const LIFE_MODULE = new URL('process-life.ts', import.meta.url).href

/** A process that logs this many lines, says that it has, and ends when its standard input does. */
const program = (lines: number) => `
import { createLog } from ${JSON.stringify(LOG_MODULE)}
import { createProcessLife } from ${JSON.stringify(LIFE_MODULE)}
const log = createLog('test', 'info')
const life = createProcessLife(log)
process.stdin.resume().once('end', () => {
  for (let at = 0; at < ${lines}; at++) log.info({ at, text: 'x'.repeat(1000) }, 'line')
  life.stop('told to', 0)
})
process.stderr.write('ready')`

function start(lines: number) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program(lines)], { stdio: ['pipe', 'pipe', 'pipe'] })
  const ended = new Promise<number | string>((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal ?? '')))
  const ready = new Promise<void>((resolve) => child.stderr.once('data', () => resolve()))
  return { child, ended, ready }
}

it('a process whose reader is gone still comes to its end', async () => {
  const { child, ended, ready } = start(200)
  await ready
  child.stdout.destroy()
  child.stdin.end()
  expect(await ended).toBe(0)
}, 8000)

it('a process with a reader gives it every line before it ends, also those that the pipe did not take at once', async () => {
  const { child, ended, ready } = start(2000)
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (text += piece))
  const read = new Promise<void>((resolve) => child.stdout.once('end', () => resolve()))
  await ready
  child.stdin.end()
  expect(await ended).toBe(0)
  await read
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { msg: string; at?: number })
  expect(lines.filter(({ msg }) => msg === 'line').map(({ at }) => at)).toEqual(Array.from({ length: 2000 }, (_, at) => at))
}, 20_000)

it('all logs of a process share one output', () => {
  const before = process.listenerCount('exit')
  createLog('one', 'silent')
  createLog('two', 'silent')
  expect(process.listenerCount('exit') - before).toBeLessThanOrEqual(1)
})
