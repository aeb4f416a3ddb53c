import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'kysely'
import { expect, it, onTestFinished } from 'vitest'
import { openTestDatabase } from '../main-database-fixture.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { openCheckpointStore } from './checkpoint-store.ts'
import { openSigningKey, parsePublicKey, signatureHolds } from './signing-key.ts'

const HEADS = { 'api-1': { seq: 3, hash: 'a'.repeat(64) } }
const reader = { heads: async () => HEADS }

async function openStores(count: number) {
  const folder = temporaryFolder()
  const copyFile = join(folder, 'copy.ndjson')
  const keyFile = join(folder, 'signing.key')
  const database = await openTestDatabase()
  onTestFinished(() => database.close())
  const { db } = database
  const stores = Array.from({ length: count }, () => openCheckpointStore({ db, reader, keyFile, copyFile, auditDays: null }))
  return { db, copyFile, keyFile, stores: await Promise.all(stores) }
}

it('of all processes one writes the checkpoint of a minute', async () => {
  const { stores, copyFile } = await openStores(3)
  const written = await Promise.all(stores.map((store, at) => store.write(60_000 + at)))
  expect(written.filter((checkpoint) => checkpoint !== null)).toHaveLength(1)
  expect(await stores[0]?.write(119_999)).toBeNull()
  expect(await stores[1]?.write(120_000)).toEqual({ version: 1, ts: 120_000, heads: HEADS })
  expect(await stores[1]?.write(130_000, { always: true })).toMatchObject({ ts: 130_000 })
  const kept = await stores[2]?.list(0, 10)
  expect(kept).toHaveLength(3)
  expect(
    readFileSync(copyFile, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual(kept)
})

it('goes on when the clock is set back, each checkpoint later than the one before', async () => {
  const HOUR_MS = 3_600_000
  const { stores } = await openStores(2)
  const [store] = stores
  await store?.write(2 * HOUR_MS)
  expect(await store?.write(HOUR_MS)).toMatchObject({ ts: 2 * HOUR_MS + 1 })
  expect(await store?.write(HOUR_MS, { always: true })).toMatchObject({ ts: 2 * HOUR_MS + 2 })
  const both = await Promise.all(stores.map((each) => each.write(HOUR_MS + 60_000)))
  expect(new Set(both.map((checkpoint) => checkpoint?.ts))).toEqual(new Set([2 * HOUR_MS + 3, 2 * HOUR_MS + 4]))
  expect(await store?.write(2 * HOUR_MS - 60_000)).toMatchObject({ ts: 2 * HOUR_MS + 5 })
  // Within a period of the newest one it is this minute's.
  expect(await store?.write(2 * HOUR_MS - 59_000)).toBeNull()
  expect(await store?.write(2 * HOUR_MS - 59_000, { always: true })).toMatchObject({ ts: 2 * HOUR_MS + 6 })
  expect(await store?.write(2 * HOUR_MS + 60_000)).toMatchObject({ ts: 2 * HOUR_MS + 60_000 })
})

it('reads the heads again when another process wrote a checkpoint meanwhile', async () => {
  const { db, copyFile, keyFile, stores } = await openStores(1)
  let looks = 0
  const slowReader = {
    async heads() {
      looks += 1
      if (looks === 1) await stores[0]?.write(60_000)
      return { 'api-1': { seq: looks, hash: 'b'.repeat(64) } }
    },
  }
  const slow = await openCheckpointStore({ db, reader: slowReader, keyFile, copyFile, auditDays: null })
  expect(await slow.write(60_000, { always: true })).toMatchObject({ ts: 60_001, heads: { 'api-1': { seq: 2 } } })
})

it('a checkpoint is signed with the key that all processes share', async () => {
  const { stores } = await openStores(2)
  await stores[0]?.write(60_000)
  const [signed] = (await stores[1]?.list(0, 1)) ?? []
  const publicKey = parsePublicKey(stores[1]?.publicKey ?? '')
  expect(signatureHolds(signed?.document ?? '', signed?.signature ?? '', publicKey)).toBe(true)
  expect(signatureHolds(`${signed?.document} `, signed?.signature ?? '', publicKey)).toBe(false)
})

it('a checkpoint cannot be changed or removed', async () => {
  const { db, stores } = await openStores(1)
  await stores[0]?.write(60_000)
  for (const statement of ["update audit_checkpoint set document = ''", 'delete from audit_checkpoint']) {
    await expect(sql.raw(statement).execute(db)).rejects.toThrow('audit_checkpoint is append-only')
  }
})

it('the key is made once, for its owner only, and refused when others can read it or it was exchanged', async () => {
  const keyFile = join(temporaryFolder(), 'keys', 'signing.key')
  const keys = await Promise.all([openSigningKey(keyFile), openSigningKey(keyFile)])
  expect(keys[0]?.publicKey).toBe(keys[1]?.publicKey)
  expect(statSync(keyFile).mode & 0o777).toBe(0o600)
  chmodSync(keyFile, 0o640)
  await expect(openSigningKey(keyFile)).rejects.toThrow('chmod 600')
  chmodSync(keyFile, 0o600)
  const other = join(temporaryFolder(), 'signing.key')
  await openSigningKey(other)
  writeFileSync(keyFile, readFileSync(other))
  await expect(openSigningKey(keyFile)).rejects.toThrow('does not belong')
})
