import { once } from 'node:events'
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { UnreachableError } from '@spark/contract/client'
import { ManualClock } from '@spark/server/clock'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { download } from './download.ts'

const PIECE = 100_000
let folder: string
let server: ReturnType<typeof createServer>
let sending: Promise<ServerResponse>
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'spark-download-'))
  server = createServer()
  sending = new Promise((resolve) => server.once('request', (_request, response: ServerResponse) => resolve(response)))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
  rmSync(folder, { recursive: true })
})

const fetched = (signal: AbortSignal) => fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, { signal })
/** What is written of it so far, beside its place. */
const draftSize = () => {
  const draft = readdirSync(folder).find((name) => /^evidence\.zip\.[0-9a-f]{8}\.part$/.test(name))
  return draft === undefined ? 0 : statSync(join(folder, draft)).size
}

it('an answer may take longer than a minute as long as something of it comes, and the file is there when it is whole', async () => {
  const clock = new ManualClock(0)
  const path = join(folder, 'evidence.zip')
  const done = download(path, clock, fetched)
  const response = await sending
  for (let piece = 1; piece <= 4; piece++) {
    response.write(Buffer.alloc(PIECE, piece))
    await expect.poll(() => draftSize()).toBe(piece * PIECE)
    expect(existsSync(path)).toBe(false)
    await clock.advance(50_000)
  }
  response.end()
  expect(await done).toBe(4 * PIECE)
  expect(readFileSync(path).at(-1)).toBe(4)
  expect(readdirSync(folder)).toEqual(['evidence.zip'])
})

it('a minute of silence in the middle of it is an answer that did not come, and leaves no file', async () => {
  const clock = new ManualClock(0)
  const path = join(folder, 'evidence.zip')
  const done = download(path, clock, fetched).catch((error: unknown) => error)
  const response = await sending
  response.write(Buffer.alloc(PIECE))
  await expect.poll(() => draftSize()).toBe(PIECE)
  await clock.advance(60_000)
  const error = await done
  expect(error).toBeInstanceOf(UnreachableError)
  expect(error).toMatchObject({ timedOut: true })
  expect(readdirSync(folder)).toEqual([])
})

it('a link is followed, and what is no plain file is written to as it is', async () => {
  const [path, link] = [join(folder, 'evidence.zip'), join(folder, 'link')]
  writeFileSync(path, 'an older one')
  symlinkSync(path, link)
  server.on('request', (_request, response: ServerResponse) => response.end('evidence'))
  await download(link, new ManualClock(0), fetched)
  expect(readFileSync(path, 'utf8')).toBe('evidence')
  expect(lstatSync(link).isSymbolicLink()).toBe(true)
  expect(await download('/dev/null', new ManualClock(0), fetched)).toBe(8)
  expect(statSync('/dev/null').isCharacterDevice()).toBe(true)
})

it('a file that cannot be written ends the answer, and nothing waits for its rest', async () => {
  const done = download(join(folder, 'missing', 'evidence.zip'), new ManualClock(0), fetched)
  const response = await sending
  const closed = once(response, 'close')
  response.write('more comes')
  await expect(done).rejects.toMatchObject({ code: 'ENOENT' })
  await closed
})
