import { describe, expect, it } from 'vitest'
import type { AuditItem } from '@spark/contract/audit'
import { RECENT_MAX, SILENT_MS, mergeRecent, perMinute, streamStatus } from './stream-state.ts'

const item = (id: number, ts = id): AuditItem => ({
  id: `api-1-${id}`,
  ts,
  timestamp: '',
  action: 'ml.score',
  actor: 'executor',
  strategyId: null,
  traceId: null,
  result: 'ok',
  context: {},
})

describe('the event stream', () => {
  it('is connecting before the first event, open with one, lost when it breaks', () => {
    expect(streamStatus({ broken: false, lastEventMs: null, openedMs: 0 }, 1000)).toBe('connecting')
    expect(streamStatus({ broken: false, lastEventMs: 900, openedMs: 0 }, 1000)).toBe('open')
    expect(streamStatus({ broken: true, lastEventMs: 900, openedMs: 0 }, 1000)).toBe('lost')
  })

  it('is lost when it is silent, although its socket says nothing', () => {
    expect(streamStatus({ broken: false, lastEventMs: 0, openedMs: 0 }, SILENT_MS)).toBe('open')
    expect(streamStatus({ broken: false, lastEventMs: 0, openedMs: 0 }, SILENT_MS + 1)).toBe('lost')
    expect(streamStatus({ broken: false, lastEventMs: null, openedMs: 0 }, SILENT_MS + 1)).toBe('lost')
  })
})

describe('recent actions', () => {
  it('are newest first, each once, also when a resumed stream brings one again', () => {
    expect(mergeRecent([item(2), item(1)], [item(3), item(2)]).map(({ ts }) => ts)).toEqual([3, 2, 1])
  })

  it('are bounded', () => {
    const many = Array.from({ length: RECENT_MAX + 50 }, (_, at) => item(at))
    const kept = mergeRecent([], many)
    expect(kept).toHaveLength(RECENT_MAX)
    expect(kept[0]?.ts).toBe(RECENT_MAX + 49)
  })

  it('count a minute by the time of the rows', () => {
    expect(perMinute([item(1, 60_000), item(2, 60_001), item(3, 120_000), item(4, 120_001)], 'ml.score', 120_000)).toBe(2)
  })
})
