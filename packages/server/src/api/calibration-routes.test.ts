import { createLabelStream } from '@spark/core/calibration/label-stream'
import { labelThat } from '@spark/core/calibration/label-fixture'
import { DEFAULT_BARRIERS } from '@spark/core/calibration/labels'
import { addRound, createEvidence, judgeModel } from '@spark/core/calibration/verdict'
import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { markersPath } from '../calibration-markers.ts'
import { createLabelStore, type LabelStore } from '../storage/label-store.ts'
import { openMainDatabase, type MainDatabase } from '../storage/open-main-database.ts'
import { startApi, type ApiFixture } from './api-fixture.ts'

const HOUR = 3_600_000
const MODEL = 'ml-fusion-1.2'
const BTC = { symbol: 'BTCUSDT', tf: '1h' } as const
let api: ApiFixture
let database: MainDatabase
let store: LabelStore
beforeAll(async () => {
  api = await startApi()
  database = await openMainDatabase({ path: api.config.databasePath, thread: true })
  store = createLabelStore(database.db)
})
afterAll(async () => {
  await database.close()
  await api.remove()
})

const get = async (path: string): Promise<Record<string, unknown>> => {
  const response = await api.app.inject({ url: `/api/calibration/${path}`, headers: { host: 'localhost' } })
  return { status: response.statusCode, ...(response.json() as object) }
}

/** Labels of an hour each, every second one counted; two of three hit. */
async function keepLabels(count: number): Promise<void> {
  const labels = Array.from({ length: count }, (_, hour) => ({
    model: MODEL,
    label: {
      ...labelThat(hour % 3 !== 0, 0.001),
      ts: hour * HOUR,
      entryTs: (hour + 1) * HOUR,
      exitTs: (hour + 2) * HOUR,
      confid: 0.55 + (hour % 2) / 5,
      parts: { rsi: hour % 3 === 0 ? -0.5 : 0.5, macd: (hour % 5) / 10, trend: 0.1 },
    },
  }))
  const stream = { stream: BTC, source: 'sim', lastTs: 1, state: createLabelStream('1h') }
  await store.saveStream(stream, { fromTs: null, labels, nowMs: 1 })
  const evidence = createEvidence(DEFAULT_BARRIERS)
  const counted = labels.filter((_, hour) => hour % 2 === 0)
  for (const { label } of counted) addRound(evidence, [{ model: label, baseline: null }])
  const next = { evidence, roundsTo: (count + 1) * HOUR, verdict: judgeModel(evidence), leftOut: [] }
  await store.saveEvidence(MODEL, next, { fromTo: null, counted: counted.map((one) => ({ ...one, stream: BTC })), nowMs: 1 })
}

describe('calibration', () => {
  it('has no figure without labels, then those of the labels, but for those whose time is marked', async () => {
    expect(await get('verdict')).toEqual({
      status: 200,
      model: MODEL,
      verdict: 'unproven',
      labels: 0,
      leftOut: 0,
      rounds: 0,
      provenLabelsMin: 200,
      netReturn: null,
      difference: null,
      hitRate: null,
      labelsPerDay: null,
      labelsToConclude: 200,
      concludesAt: null,
    })
    const none = { means: null, points: [], brierParts: null, calibrationError: null, calibrated: null, streams: [] }
    expect(await get('reliability')).toEqual({ status: 200, model: MODEL, labels: 0, ambiguous: 0, ...none })
    expect(await get('history')).toEqual({ status: 200, model: MODEL, items: [] })
    expect(await get('markers')).toEqual({ status: 200, markers: [], problems: [] })
    expect(await get('drift')).toEqual({ status: 200, model: MODEL, reference: null, from: null, to: null, features: [] })
    expect(await get('parts')).toMatchObject({ labels: 0, shares: null, dominant: null, withOutcome: { rsi: null } })

    await keepLabels(600)
    const verdict = await get('verdict')
    expect(verdict).toMatchObject({ verdict: 'proven', labels: 300, rounds: 300, labelsPerDay: 12 })
    expect(verdict['hitRate']).toMatchObject({ mean: expect.closeTo(2 / 3, 9), breakEven: expect.closeTo(0.55, 9) })
    expect(await get('history')).toMatchObject({
      items: [{ verdict: 'proven', labels: 300, netReturn: { mean: expect.any(Number) } }],
    })
    const all = await get('reliability?labels=all')
    expect(all).toMatchObject({ labels: 600, means: { hitRate: 2 / 3 }, streams: [{ ...BTC, labels: 600 }] })
    expect(await get('reliability')).toMatchObject({ labels: 300, points: [{ bucket: 0.5, labels: 300 }] })
    expect(all['points']).toMatchObject([
      { bucket: 0.5, labels: 300, meanConfid: 0.55 },
      { bucket: 0.7, labels: 300, meanConfid: 0.75 },
    ])
    const parts = await get('parts')
    expect(parts).toMatchObject({ labels: 600, dominant: 'rsi', correlations: { rsi: { rsi: 1, trend: null } } })
    expect(parts['withOutcome']).toMatchObject({ rsi: expect.closeTo(1, 9), trend: null })

    // Those of 12 hours before it as well: entered in hours 2 to 100.
    writeFileSync(markersPath(api.config.dataDir), '1970-01-01T13:30:00Z,leave_out,until=1970-01-05T04:30:00Z\nx\n')
    expect(await get('verdict')).toMatchObject({ labels: 300, leftOut: 99 })
    expect(await get('markers')).toMatchObject({
      markers: [{ line: 1, from: 13.5 * HOUR, to: 100.5 * HOUR, kind: 'leave_out', leaveOut: true }],
      problems: [expect.stringMatching(/^line 2: "x": must be ISO time/)],
    })
  })
  it('is of the model that is asked for; one that is not there is said to be unknown', async () => {
    expect(await get('reliability?model=baseline')).toMatchObject({ status: 200, model: 'baseline', labels: 0 })
    expect(await get('verdict?model=nobody')).toMatchObject({ status: 404, code: 'unknown_id' })
    expect(await get('verdict?model=%20')).toMatchObject({ status: 400 })
  })
})
