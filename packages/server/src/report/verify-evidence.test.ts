import { createPublicKey, type KeyObject } from 'node:crypto'
import { closeSync, ftruncateSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { unzipSync, zipSync } from 'fflate'
import { beforeEach, describe, expect, it } from 'vitest'
import { createRandom, randomInteger } from '@spark/core/stats/random'
import { openSigningKey, type SigningKey } from '../storage/audit/signing-key.ts'
import { temporaryFolder } from '../storage/temporary-folder.ts'
import { archiveText, MANIFEST, SIGNATURE_CHARACTERS } from './evidence-format.ts'
import { verifyEvidence } from './verify-evidence.ts'
import { createEvidence } from './write-evidence.ts'

const ABOUT = { report: 'day-2026-01-31', preparedMs: 1, buildSha: 'abc', featureVersion: 'v2.0', modelVersion: 'ml-fusion-1.2' }
let path: string
let key: SigningKey
let publicKey: KeyObject

beforeEach(async () => {
  const folder = temporaryFolder()
  path = join(folder, 'reports', 'evidence.zip')
  key = await openSigningKey(join(folder, 'signing.key'))
  publicKey = createPublicKey(key.publicKey)
})

async function make(files: Record<string, string>): Promise<Buffer> {
  const archive = await createEvidence(path, key)
  for (const [name, text] of Object.entries(files)) await archive.add(name, text)
  const { bytes } = await archive.finish(ABOUT)
  const made = readFileSync(path)
  expect(made.length).toBe(bytes)
  return made
}

const SMALL = { 'report.json': '{"a":1}\n', 'empty.ndjson': '', 'models/ü.json': '{}' }
const kinds = async () =>
  (await verifyEvidence(path, publicKey)).problems.map(({ kind, file }) => (file === null ? kind : `${kind} ${file}`))

/** Everything before the signature, packed anew, with the signature that was there. */
function repack(change: (files: [string, Uint8Array][]) => [string, Uint8Array][]): void {
  const before = readFileSync(path)
  const files = Object.fromEntries(change(Object.entries(unzipSync(before))))
  const packed = Buffer.from(zipSync(files))
  packed.writeUInt16LE(SIGNATURE_CHARACTERS, packed.length - 2)
  writeFileSync(path, Buffer.concat([packed, before.subarray(-SIGNATURE_CHARACTERS)]))
}

describe('evidence', () => {
  it('holds as it was made, and is an ordinary ZIP', async () => {
    const made = await make(SMALL)
    expect(await verifyEvidence(path, publicKey)).toMatchObject({ ok: true, problems: [], manifest: ABOUT })
    const files = unzipSync(made)
    expect(Object.keys(files)).toEqual([...Object.keys(SMALL), MANIFEST, 'manifest.sig'])
    expect(Buffer.from(files['models/ü.json'] ?? []).toString()).toBe('{}')
  })

  it('does not hold when any one byte of it is another', async () => {
    const made = await make(SMALL)
    const file = openSync(path, 'r+')
    const passed: number[] = []
    for (const [at, byte] of made.entries()) {
      // The lowest bit, and all bits.
      for (const mask of [0x01, 0xff]) {
        writeSync(file, Buffer.of(byte ^ mask), 0, 1, at)
        if ((await verifyEvidence(path, publicKey)).ok) passed.push(at)
      }
      writeSync(file, Buffer.of(byte), 0, 1, at)
    }
    closeSync(file)
    expect(passed).toEqual([])
    expect((await verifyEvidence(path, publicKey)).ok).toBe(true)
  }, 120_000)

  it('does not hold when it is cut or goes on, anywhere', async () => {
    const made = await make(SMALL)
    for (const length of [0, 1, 20, 100, made.length - SIGNATURE_CHARACTERS, made.length - 1]) {
      const file = openSync(path, 'r+')
      ftruncateSync(file, length)
      closeSync(file)
      expect(await verifyEvidence(path, publicKey)).toMatchObject({ ok: false })
      writeFileSync(path, made)
    }
    writeFileSync(path, Buffer.concat([made, Buffer.of(0)]))
    expect(await kinds()).toEqual(['unreadable'])
    writeFileSync(path, Buffer.concat([Buffer.of(0), made]))
    expect(await kinds()).toEqual(['unreadable'])
  })

  it('does not hold when a byte of a large one is another, wherever it is drawn', async () => {
    const lines = Array.from({ length: 30_000 }, (_, at) => `{"id":"api-1-${at}","value":${(at * 7919) % 10_007}}`).join('\n')
    const made = await make({ ...SMALL, 'audit.ndjson': lines })
    expect(made.length).toBeGreaterThan(100_000)
    const random = createRandom(3)
    const file = openSync(path, 'r+')
    for (let turn = 0; turn < 100; turn++) {
      const at = randomInteger(random, made.length)
      const byte = made[at] ?? 0
      writeSync(file, Buffer.of(byte ^ (1 << randomInteger(random, 8))), 0, 1, at)
      expect((await verifyEvidence(path, publicKey)).ok, `byte ${at}`).toBe(false)
      writeSync(file, Buffer.of(byte), 0, 1, at)
    }
    closeSync(file)
    expect((await verifyEvidence(path, publicKey)).ok).toBe(true)
  }, 60_000)

  it('names what was changed, removed, added; what was only moved is found too', async () => {
    await make(SMALL)
    const whole = readFileSync(path)
    repack((files) => files.map(([name, bytes]) => [name, name === 'report.json' ? Buffer.from('{"a":2}\n') : bytes]))
    expect(await kinds()).toEqual(['archive', 'changed report.json'])
    writeFileSync(path, whole)
    repack((files) => files.filter(([name]) => name !== 'report.json'))
    expect(await kinds()).toEqual(['archive', 'missing report.json'])
    writeFileSync(path, whole)
    repack((files) => [...files, ['more.json', Buffer.from('{}')]])
    expect(await kinds()).toEqual(['archive', 'added more.json'])
    writeFileSync(path, whole)
    repack((files) => files.toReversed())
    expect(await kinds()).toEqual(['archive'])
    writeFileSync(path, whole)
    repack((files) => files.filter(([name]) => name !== MANIFEST))
    expect(await kinds()).toEqual(['archive', `manifest ${MANIFEST}`])
  })

  it('a manifest that is longer than its directory says is not unpacked further than a manifest can be', async () => {
    await make(SMALL)
    repack((files) => files.map(([name, bytes]) => [name, name === MANIFEST ? Buffer.alloc(2_000_000, ' ') : bytes]))
    const packed = readFileSync(path)
    // Its entry in the directory tells the length 22 bytes before the name (PKWARE APPNOTE 4.3.12).
    packed.writeUInt32LE(10, packed.lastIndexOf(MANIFEST) - 22)
    writeFileSync(path, packed)
    const { problems } = await verifyEvidence(path, publicKey)
    expect(problems.at(-1)?.message).toBe('the manifest or its signature is not there, or cannot be read')
  })

  it('does not hold for another key, nor when somebody else signed the archive anew', async () => {
    await make(SMALL)
    const other = await openSigningKey(join(temporaryFolder(), 'signing.key'))
    expect(await verifyEvidence(path, createPublicKey(other.publicKey))).toMatchObject({ ok: false })
    repack((files) => files)
    const packed = readFileSync(path)
    const signature = other.sign(archiveText('0'.repeat(64)))
    writeFileSync(path, Buffer.concat([packed.subarray(0, -SIGNATURE_CHARACTERS), Buffer.from(signature)]))
    expect(await kinds()).toEqual(['archive'])
  })
})
