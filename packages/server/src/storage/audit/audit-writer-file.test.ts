import { renameSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it, onTestFinished } from 'vitest'
import { StorageError } from '../storage-error.ts'
import { auditHouse, event } from './audit-fixtures.ts'
import { auditFile } from './audit-files.ts'

describe('audit writer on bad storage', () => {
  it('refuses rows while another process holds the file, without stopping the event loop, and recovers', async () => {
    const { dataDir, openWriter } = await auditHouse()
    const writer = await openWriter('api-1')
    const holder = new DatabaseSync(auditFile(dataDir, 'api-1'))
    onTestFinished(() => holder.close())
    holder.exec('begin immediate')
    let turns = 0
    const ticking = setInterval(() => (turns += 1), 20)
    const refused = await writer.append(event()).catch((error: unknown) => error)
    clearInterval(ticking)
    expect(refused).toBeInstanceOf(StorageError)
    expect(refused).toMatchObject({ reason: 'locked' })
    expect(turns).toBeGreaterThan(20)
    holder.exec('rollback')
    await writer.probe()
    expect(await writer.append(event())).toEqual({ writer: 'api-1', seq: 1 })
  })

  it('refuses more than 20,000 waiting rows and stores the others', async () => {
    const writer = await (await auditHouse()).openWriter('api-1')
    const results = await Promise.allSettled(Array.from({ length: 20_100 }, () => writer.append(event())))
    const refused = results.filter((result) => result.status === 'rejected')
    expect(refused).toHaveLength(100)
    expect(refused[0]?.reason).toMatchObject({ reason: 'unavailable' })
    expect(writer.head().seq).toBe(20_000)
  })

  it('does not write into a deleted file, and goes on when it is back', async () => {
    const { dataDir, openWriter } = await auditHouse()
    const writer = await openWriter('api-1')
    await writer.append(event())
    const path = auditFile(dataDir, 'api-1')
    renameSync(path, `${path}.away`)
    await expect(writer.probe()).rejects.toMatchObject({ reason: 'missing_file' })
    await expect(writer.append(event())).rejects.toMatchObject({ reason: 'missing_file' })
    renameSync(`${path}.away`, path)
    await writer.probe()
    expect(await writer.append(event())).toEqual({ writer: 'api-1', seq: 2 })
  })

  it('appends though the index is locked, and indexes later', async () => {
    const { dataDir, openWriter, openReader } = await auditHouse()
    const writer = await openWriter('api-1')
    const holder = new DatabaseSync(`${dataDir}/audit-index.db`)
    onTestFinished(() => holder.close())
    holder.exec('begin immediate')
    await writer.appendAll(Array.from({ length: 50 }, () => event()))
    expect(writer.stats().indexLagRows).toBe(50)
    const { items } = await (await openReader()).list({ limit: 100 })
    expect(items).toHaveLength(50)
    holder.exec('rollback')
    await expect.poll(async () => writer.probe().then(() => writer.stats().indexLagRows), { timeout: 5_000 }).toBe(0)
  })
})
