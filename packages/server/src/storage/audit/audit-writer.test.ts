import { describe, expect, it } from 'vitest'
import { StorageError } from '../storage-error.ts'
import { auditHouse, event } from './audit-fixtures.ts'
import { verifyAudit } from './verify-audit.ts'

describe('audit writer', () => {
  it('numbers rows from 1 without gaps, in the order of the calls, and its chain verifies', async () => {
    const { location, openWriter } = await auditHouse()
    const writer = await openWriter('api-1')
    const positions = await Promise.all(Array.from({ length: 3_000 }, (_, at) => writer.append(event({ context: { at } }))))
    expect(positions.map(({ seq }) => seq)).toEqual(Array.from({ length: 3_000 }, (_, at) => at + 1))
    expect(writer.stats().commits).toBeLessThan(50)
    const report = await verifyAudit(location)
    expect(report).toMatchObject({ ok: true, writers: [{ writer: 'api-1', rows: 3_000, head: writer.head() }] })
  })

  it('goes on where the chain ended', async () => {
    const { location, openWriter } = await auditHouse()
    const first = await openWriter('executor')
    await first.appendAll([event(), event()])
    await first.close()
    const second = await openWriter('executor')
    expect(second.head()).toEqual(first.head())
    expect(await second.append(event())).toEqual({ writer: 'executor', seq: 3 })
    expect((await verifyAudit(location)).ok).toBe(true)
  })

  it('finishes the rows under way when it is closed, and refuses later ones', async () => {
    const { location, openWriter } = await auditHouse()
    const writer = await openWriter('api-1')
    const waiting = Array.from({ length: 100 }, () => writer.append(event()))
    await writer.close()
    expect(await Promise.all(waiting)).toHaveLength(100)
    await expect(writer.append(event())).rejects.toMatchObject({ reason: 'unavailable' })
    expect((await verifyAudit(location)).writers[0]?.rows).toBe(100)
  })

  it('keeps any text in one line', async () => {
    const { openWriter, openReader } = await auditHouse()
    const writer = await openWriter('api-1')
    const context = { text: 'a\nb\r\u2028\0"\\ \ud800 ₺ 🚨', __proto__: 1 }
    await writer.append(event({ context, result: 'err', _err: 'stale_feature' }))
    const { items } = await (await openReader()).list({ limit: 10 })
    expect(items).toMatchObject([{ id: 'api-1-1', result: 'err', _err: 'stale_feature', context: { text: context.text } }])
  })

  it('refuses what cannot be a row and keeps the others', async () => {
    const writer = await (await auditHouse()).openWriter('api-1')
    const results = await Promise.allSettled([
      writer.append(event({ context: { big: 1n } })),
      writer.append(event({ context: { long: 'x'.repeat(300_000) } })),
      writer.append(event({ ts: Number.NaN })),
      writer.append(event()),
    ])
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected', 'fulfilled'])
    expect(writer.head().seq).toBe(1)
  })

  it('stops for good when another process writes its chain', async () => {
    const { openWriter } = await auditHouse()
    const fatal: Error[] = []
    const first = await openWriter('api-1', { onFatal: (error) => fatal.push(error) })
    const second = await openWriter('api-1')
    await second.append(event())
    // More than one batch takes: the last are still waiting when the first are refused.
    const waiting = await Promise.allSettled(Array.from({ length: 1_100 }, () => first.append(event())))
    const refused = [...waiting, ...(await Promise.allSettled([first.append(event())]))]
    for (const result of [refused[0], refused[1_099], refused[1_100]]) {
      const reason: unknown = result?.status === 'rejected' ? result.reason : null
      expect(reason).toBeInstanceOf(StorageError)
      expect(reason).toMatchObject({ reason: 'unavailable', message: expect.stringContaining('another process writes') })
    }
    expect(fatal).toHaveLength(1)
    expect(await second.append(event())).toEqual({ writer: 'api-1', seq: 2 })
  })

  it('lets short-lived processes share a chain', async () => {
    const { location, openWriter } = await auditHouse()
    const writers = await Promise.all([1, 2, 3].map(() => openWriter('cli', { shared: true })))
    const rows = await Promise.all(writers.flatMap((writer) => Array.from({ length: 20 }, () => writer.append(event()))))
    expect(new Set(rows.map(({ seq }) => seq)).size).toBe(60)
    expect(await verifyAudit(location)).toMatchObject({ ok: true, writers: [{ rows: 60 }] })
  })
})
