import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import { createRandom, randomUniform } from '@spark/core/stats/random'
import { expect, it } from 'vitest'
import { openSigningKey } from '../storage/audit/signing-key.ts'
import { temporaryFolder } from '../storage/temporary-folder.ts'
import { createEvidence } from './write-evidence.ts'

const PIECE_CHARACTERS = 65_536
const random = createRandom(1)
const figures = () => Object.fromEntries(['confid', 'score', 'rsi', 'macd', 'trend'].map((name) => [name, randomUniform(random)]))
const traceId = () => Array.from({ length: 32 }, () => Math.floor(16 * randomUniform(random)).toString(16)).join('')
/** Of the size of a score's. */
const rows = Array.from({ length: 20_000 }, (_, at) => {
  const about = { action: 'ml.score', actor: 'executor', strategyId: `s-${at % 120}`, traceId: traceId(), result: 'ok' }
  return `${JSON.stringify({ id: `api-1-${at}`, ts: 1_769_817_600_000 + 37 * at, ...about, context: figures() })}\n`
})

async function copy(beforeEach: (row: string) => void): Promise<void> {
  const folder = temporaryFolder()
  const archive = await createEvidence(join(folder, 'evidence.zip'), await openSigningKey(join(folder, 'signing.key')))
  const entry = archive.entry('audit.ndjson')
  for (const row of rows) {
    beforeEach(row)
    await entry.write(row)
  }
  await entry.end()
  await archive.abandon()
}

it('one that is given up in the middle of a file leaves nothing of it open', async () => {
  const folder = temporaryFolder()
  const archive = await createEvidence(join(folder, 'evidence.zip'), await openSigningKey(join(folder, 'signing.key')))
  const entry = archive.entry('audit.ndjson')
  await entry.write('x'.repeat(PIECE_CHARACTERS))
  await archive.abandon()
  expect(readdirSync(folder)).not.toContain('evidence.zip.new')
  await expect(entry.end()).rejects.toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' })
})

const cpuMs = (since?: NodeJS.CpuUsage) => {
  const { user, system } = process.threadCpuUsage(since)
  return (user + system) / 1000
}

it('candles and orders have their turn after each piece of the audit that is copied', async () => {
  let turn = 0
  let going = true
  const next = () => {
    turn += 1
    if (going) setImmediate(next)
  }
  setImmediate(next)
  const charactersIn = new Map<number, number>()
  await copy((row) => charactersIn.set(turn, (charactersIn.get(turn) ?? 0) + row.length))
  going = false
  expect(Math.max(...charactersIn.values())).toBeLessThan(2 * PIECE_CHARACTERS)
})

it('deflating is done by other threads: what this one does takes less than that', async () => {
  await copy(() => {})
  const before = process.threadCpuUsage()
  await copy(() => {})
  const ownMs = cpuMs(before)
  const text = rows.join('')
  const beforeDeflating = process.threadCpuUsage()
  for (let at = 0; at < text.length; at += PIECE_CHARACTERS) deflateRawSync(text.slice(at, at + PIECE_CHARACTERS), { level: 6 })
  expect(ownMs).toBeLessThan(cpuMs(beforeDeflating))
})
