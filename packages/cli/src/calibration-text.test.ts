import type { AnswerOf } from '@spark/contract/routes'
import { describe, expect, it } from 'vitest'
import { bucketsText, driftText, markersText, partsText, verdictText } from './calibration-text.ts'

const VERDICT: AnswerOf<'calibrationVerdict'> = {
  model: 'm-1',
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
}

describe('without labels', () => {
  it('there is no figure but how many are missing', () => {
    expect(verdictText(VERDICT)).toBe(
      'm-1: unproven, 0 labels that do not overlap, in 0 rounds.\nNo labels yet: there is no figure. A decision gets its label when a barrier is touched, or after 12 candles.\nCannot conclude before about 200 labels.',
    )
    const none = { means: null, points: [], brierParts: null, calibrationError: null, calibrated: null, streams: [] }
    expect(bucketsText({ model: 'm-1', labels: 0, ambiguous: 0, ...none })).toMatch(/^m-1: No labels yet/)
    const nothing = { rsi: null, macd: null, trend: null }
    const correlations = { rsi: nothing, macd: nothing, trend: nothing }
    expect(partsText({ model: 'm-1', labels: 0, shares: null, dominant: null, correlations, withOutcome: nothing })).toMatch(
      /^m-1: No labels yet/,
    )
  })
})

describe('with labels', () => {
  const estimate = { mean: -0.05, low: -0.12, high: 0.02 }
  const some = {
    ...VERDICT,
    labels: 2171,
    rounds: 181,
    netReturn: estimate,
    difference: { mean: 0.04, low: -0.09, high: 0.17 },
    hitRate: { mean: 0.5734, low: 0.45, high: 0.69, breakEven: 0.5839 },
  }
  it('the verdict says what is earned, what would be needed, and when it may conclude', () => {
    const text = verdictText({ ...some, labelsToConclude: 4000, concludesAt: Date.UTC(2026, 0, 2) })
    expect(text.split('\n')).toEqual([
      'm-1: unproven, 2171 labels that do not overlap, in 181 rounds.',
      'Net return (a stop is -1): -0.050, from -0.120 to 0.020.',
      'More than the baseline: 0.040, from -0.090 to 0.170.',
      'Hit rate: 57.3 %, from 45.0 % to 69.0 %; nothing is earned at 58.4 %.',
      'Cannot conclude before about 4000 labels, 2026-01-02T00:00:00.000Z.',
    ])
    expect(verdictText({ ...some, labelsToConclude: null })).toContain('There is nothing to be seen yet')
    expect(verdictText({ ...some, verdict: 'loses_after_costs' })).toMatch(/^m-1: loses after costs(?!.*conclude)/s)
  })
  it('buckets and parts are tables', () => {
    const means = { hitRate: 0.5, confid: 0.6, breakEven: 0.55, netReturn: -0.00123, brier: 0.26, logLoss: 0.7, candlesHeld: 3 }
    const point = { bucket: 0.6, labels: 40, meanConfid: 0.63, hitRate: 0.5, low: 0.35, high: 0.65, fitted: 0.5 }
    const calibrated = { mean: 0.05, percentile95: 0.11, pValue: 0.04 }
    const text = bucketsText({
      model: 'm-1',
      labels: 40,
      means,
      points: [point],
      brierParts: null,
      calibrationError: 0.13,
      calibrated,
      ambiguous: 0,
      streams: [],
    })
    expect(text).toContain('0.6     40      63.0 %      50.0 %    35.0 % to 65.0 %  50.0 %')
    expect(text).toContain('net return -12.3 basis points a label')
    expect(text).toContain('Calibration error 13.0 %; 95 of 100 calibrated models of this size show at most 11.0 %.')
    const row = { rsi: 1, macd: 0.25, trend: null }
    const parts = partsText({
      model: 'm-1',
      labels: 9,
      shares: { rsi: 0.7, macd: 0.2, trend: 0.1 },
      dominant: 'rsi',
      correlations: { rsi: row, macd: row, trend: row },
      withOutcome: { rsi: 0.01, macd: null, trend: null },
    })
    expect(parts).toContain('rsi    70.0 %  1.000  0.250  -      0.010')
    expect(parts).toContain('rsi is dominant (over 60 %).')
  })
})

it('marked times are told with what they mean, and lines that are none with their number', () => {
  expect(markersText({ markers: [], problems: [] })).toBe('No time is marked.')
  const marker = { line: 2, from: 0, to: 3_600_000, kind: 'leave_out', fact: 'hours=1', leaveOut: true }
  const text = markersText({ markers: [marker], problems: ['line 1: "x": no'] })
  expect(text).toContain('1970-01-01T01:00:00.000Z  leave_out  hours=1  labels do not count  2')
  expect(text).toMatch(/calibration_markers\.csv, line 1: "x": no$/)
  expect(verdictText({ ...VERDICT, leftOut: 7 })).toContain('7 labels do not count')
})

it('drift is told with what is compared, or what is missing for it', () => {
  const nothing = { model: 'm-1', reference: null, from: null, to: null, features: [] }
  expect(driftText(nothing)).toMatch(/^m-1: nothing to compare with yet\./)
  const reference = { origin: 'first_weeks' as const, from: 0, to: 3_600_000, values: 900 }
  expect(driftText({ ...nothing, reference })).toMatch(/^m-1: not enough labels in seven days yet\. .*since it was not trained/)
  const feature = { feature: 'rsi' as const, values: 300, index: 0.345, threshold: 0.2, drifted: true }
  expect(driftText({ ...nothing, reference, from: 0, to: 1, features: [feature] })).toContain(
    'rsi      300     0.345  0.200      drifted',
  )
})
