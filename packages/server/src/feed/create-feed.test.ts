import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ManualClock } from '../clock.ts'
import { createFeed } from './create-feed.ts'

const options = { clock: new ManualClock(Date.UTC(2026, 0, 1)), random: { unit: () => 0.5 } }

describe('the feed of a setting', () => {
  it('is the simulated market, a replay or an exchange', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'spark-feed-'))
    const path = join(folder, 'BTCUSDT-1h-2018.csv')
    writeFileSync(path, '1514764800000,10,12,9,11,5\n')
    const names = await Promise.all(
      ['sim', `replay:${path}`, 'ccxt:binance'].map(async (setting) => (await createFeed(setting, options)).name),
    )
    expect(names).toEqual(['sim', `replay:${path}`, 'ccxt:binance'])
    rmSync(folder, { recursive: true })
  })

  it('hands the parameters of the market on', async () => {
    const closes = await Promise.all(
      (['default', 'none', 'reversed', 0] as const).map(async (trendPersistence) => {
        const feed = await createFeed('sim', { ...options, seed: 5, trendPersistence })
        return (await feed.backfill({ symbol: 'BTCUSDT', tf: '1h' }, 1, feed.nowMs()))[0]?.c
      }),
    )
    expect(new Set(closes).size).toBe(3)
    expect(closes[1]).toBe(closes[3])
  })

  it('is an error with what would be right for anything else', async () => {
    for (const setting of ['', 'simulated', 'sim:1', 'replay', 'replay:', 'ccxt', 'ccxt:', 'ccxt:../x', 'SIM'])
      await expect(createFeed(setting, options)).rejects.toThrow('expected sim, replay:PATH or ccxt:EXCHANGE')
  })
})
