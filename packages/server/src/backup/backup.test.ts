import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { OrderState } from '@spark/core/trading/order'
import { ManualClock, systemClock } from '../clock.ts'
import { loadConfig } from '../config.ts'
import { CLOCK_FILE } from '../folder-clock.ts'
import { createAuditOutbox } from '../storage/audit-outbox.ts'
import { openAuditReader } from '../storage/audit/audit-reader.ts'
import { openAuditWriter } from '../storage/audit/audit-writer.ts'
import { retentionHouse } from '../storage/audit/retention-fixture.ts'
import { verifyAuditApart } from '../storage/audit/verify-apart.ts'
import { createRiskStore } from '../storage/risk-store.ts'
import { openMainDatabase } from '../storage/open-main-database.ts'
import { temporaryFolder } from '../storage/temporary-folder.ts'
import { createTradingStores } from '../storage/trading-stores.ts'
import { startAuditRelay } from '../executor/orders/audit-relay.ts'
import { createLog } from '../log.ts'
import { systemRandomness } from '../random.ts'
import { listBackups, pruneBackups, restoreBackup, takeBackup, verifyBackup } from './backup.ts'
import { BackupError } from './copy-database.ts'

const TAKEN = Date.parse('2026-11-24T03:15:00.123Z')
let dataDir: string
let databasePath: string
beforeEach(() => {
  dataDir = temporaryFolder()
  databasePath = join(dataDir, 'spark.db')
})
afterEach(() => rmSync(dataDir, { recursive: true }))

/** Sets a kill switch, and carries the event of it into the audit as the executor does. */
async function kill(scope: string): Promise<void> {
  const database = await openMainDatabase({ path: databasePath, thread: true })
  const writer = await openAuditWriter({ dataDir, writer: 'orders', clock: systemClock })
  const reader = openAuditReader({ dataDir, thread: false })
  const outbox = createAuditOutbox(database.db)
  await database.db.transaction().execute(async (trx) => {
    await createRiskStore(database.db).kill(trx, { scope, reason: 'r', actor: 'a', setAt: TAKEN })
    await outbox.add(trx, [{ ts: TAKEN, action: 'kill.set', actor: 'a', result: 'ok', context: { scope } }])
  })
  const relay = await startAuditRelay({ outbox, writer, reader, clock: systemClock, log: createLog('test', 'silent') })
  await relay.stop()
  await reader.close()
  await writer.close()
  await database.close()
}
async function insertOrders(...states: OrderState[]): Promise<void> {
  const database = await openMainDatabase({ path: databasePath, thread: true })
  const { strategies, orders } = createTradingStores(database.db)
  const strategy = { id: 's', name: 's', symbol: 'BTCUSDT', tf: '1h', capital: '1', mode: 'paper', status: 'running' } as const
  await strategies.install([{ ...strategy, baseline: 'ema_cross', exposed: false }], 1)
  await orders.insertAll(
    database.db,
    states.map((state) => ({
      intentId: state,
      clientOrderId: state,
      strategyId: 's',
      symbol: 'BTCUSDT',
      side: 'buy',
      purpose: 'enter',
      arm: 'baseline',
      venue: 'paper',
      quantity: '1',
      filledQuantity: '0',
      referencePrice: '1',
      state,
      reason: null,
      epoch: 1,
      candleTs: 1,
      validUntil: 1,
      venueOrderId: null,
      createdAt: 7,
      sendingAt: state === 'reserved' ? null : 8,
      changedAt: 1,
      traceId: '',
      reservedMicros: 0,
      notFoundCount: 0,
      notFoundAt: null,
      tf: '1h',
      ownerNumber: 0,
    })),
  )
  await database.close()
}
async function killed(): Promise<string[]> {
  const database = await openMainDatabase({ path: databasePath, thread: true })
  const scopes = (await createRiskStore(database.db).killSwitches()).map(({ scope }) => scope)
  await database.close()
  return scopes
}
async function audited(): Promise<unknown[]> {
  const reader = openAuditReader({ dataDir, thread: false })
  const rows = await reader.since({}, 100)
  await reader.close()
  return rows.map(({ action, context }) => (action === 'kill.set' ? context['scope'] : action))
}
const folder = () => join(dataDir, 'backups')
const take = (nowMs = TAKEN) => takeBackup({ dataDir, databasePath, folder: folder(), nowMs, version: '1.5.0', buildSha: 'abc' })
const restore = (from: string, copy = '') =>
  restoreBackup(
    { folder: from, dataDir, databasePath, actor: 'operator', reason: 'a test' },
    {
      config: loadConfig({ SPARK_DATA_DIR: dataDir, SPARK_CHECKPOINT_FILE: copy }),
      clock: new ManualClock(TAKEN + 1000),
      random: systemRandomness,
    },
  )

describe('a backup', () => {
  it('is restored as it was; the audit keeps what came later, and takes what comes then', async () => {
    await kill('strategy:s1')
    const { folder: made, manifest } = await take()
    expect(made.endsWith('backups/20261124T031500Z')).toBe(true)
    expect(manifest.files.map(({ name }) => name)).toEqual(['spark.db', 'audit/orders.db'])
    await kill('strategy:s2')
    const { replaced } = await restore(made)
    expect(await killed()).toEqual(['strategy:s1'])
    expect(existsSync(join(replaced, 'spark.db'))).toBe(true)
    await kill('strategy:s3')
    expect(await audited()).toEqual(['strategy:s1', 'strategy:s2', 'backup.restored', 'strategy:s3'])
    expect((await verifyAuditApart({ dataDir })).ok).toBe(true)
  })

  it('of before a removal knows what retention removed since, from the replaced database or from the copy', async () => {
    const one = await retentionHouse([], { dataDir })
    const { folder: made } = await take()
    const { publicKey } = one.deps.checkpoints
    await one.retain()
    await restore(made)
    expect((await verifyAuditApart({ dataDir, publicKey })).problems).toEqual([])
    writeFileSync(databasePath, 'not a database')
    await restore(made, one.copy)
    expect((await verifyAuditApart({ dataDir, publicKey, checkpointsFile: one.copy })).problems).toEqual([])
    await restore(made)
    writeFileSync(databasePath, 'not a database')
    await restore(made)
    expect((await verifyAuditApart({ dataDir, publicKey })).problems).toMatchObject([{ kind: 'missing' }, { kind: 'missing' }])
  })

  it('makes every order in doubt one that is asked for: it may have been sent since', async () => {
    await kill('all')
    await insertOrders('reserved', 'unknown', 'sending', 'acknowledged', 'filled')
    await restore((await take()).folder)
    const database = await openMainDatabase({ path: databasePath, thread: true })
    const rows = await database.db.selectFrom('trade_order').select(['intent_id', 'state', 'reason', 'sending_at']).execute()
    expect(rows.map((row) => Object.values(row).join(' '))).toEqual([
      'reserved sending restored 7',
      'unknown sending restored 8',
      'sending sending  8',
      'acknowledged acknowledged  8',
      'filled filled  8',
    ])
    await database.close()
  })

  it('brings back everything when the folder is lost', async () => {
    await kill('all')
    const fast = '{"fastMs":2,"realMs":1,"speed":60}\n'
    writeFileSync(join(dataDir, CLOCK_FILE), fast)
    const elsewhere = temporaryFolder()
    const { folder: made } = await takeBackup({
      dataDir,
      databasePath,
      folder: elsewhere,
      nowMs: TAKEN,
      version: '1.5.0',
      buildSha: 'abc',
    })
    rmSync(dataDir, { recursive: true })
    await restore(made)
    // Else its times would lie in the future.
    expect(readFileSync(join(dataDir, CLOCK_FILE), 'utf8')).toBe(fast)
    expect(await killed()).toEqual(['all'])
    expect(await audited()).toEqual(['all'])
    expect(readdirSync(dataDir).filter((name) => /restoring|index/.test(name))).toEqual([])
    rmSync(elsewhere, { recursive: true })
  })

  it('holds no key', async () => {
    await kill('all')
    writeFileSync(join(dataDir, 'master.key'), 'k')
    writeFileSync(join(dataDir, 'signing.key'), 'k')
    writeFileSync(join(dataDir, 'operator.token'), 'k')
    const { folder: made } = await take()
    expect(
      readdirSync(made, { recursive: true })
        .map(String)
        .toSorted((a, b) => a.localeCompare(b)),
    ).toEqual(['audit', 'audit/orders.db', 'manifest.json', 'spark.db'])
  })

  it.each([
    ['a changed byte', (path: string) => flip(join(path, 'spark.db')), 'was changed'],
    ['a missing file', (path: string) => rmSync(join(path, 'audit/orders.db')), 'is missing'],
    ['no manifest', (path: string) => rmSync(join(path, 'manifest.json')), 'is no backup'],
  ])('with %s is refused, and nothing is replaced', async (_what, damage, message) => {
    await kill('all')
    const { folder: made } = await take()
    damage(made)
    await expect(verifyBackup(made)).rejects.toThrow(message)
    await expect(restore(made)).rejects.toThrow(BackupError)
    expect(await killed()).toEqual(['all'])
  })

  it('of a damaged database is not taken', async () => {
    await kill('all')
    writeFileSync(databasePath, 'not a database')
    await expect(take()).rejects.toThrow('not a database')
    expect(readdirSync(folder())).toEqual([])
  })

  it('older than the newest ones go', async () => {
    await kill('all')
    for (let day = 0; day < 3; day++) await take(TAKEN + day * 86_400_000)
    expect(await pruneBackups(folder(), 2)).toBe(1)
    expect(await listBackups(folder())).toEqual(['20261126T031500Z', '20261125T031500Z'])
  })
})

function flip(path: string): void {
  const bytes = readFileSync(path)
  bytes[5000] = (bytes[5000] ?? 0) ^ 1
  writeFileSync(path, bytes)
}
