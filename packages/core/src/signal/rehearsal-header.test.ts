import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseRehearsalHeader } from './rehearsal-header.ts'

describe('x-test-guardrails', () => {
  it('is a breach beyond a limit, and not at it', () => {
    for (const text of ['p95=1600,err=0.03', 'p95=1500.1', 'err=0.0201', 'stale=61', ' stale = 61 , p95=1']) {
      expect(parseRehearsalHeader(text)).toEqual({ ok: true, breach: true })
    }
    for (const text of ['p95=1500', 'err=0.02', 'stale=60', 'p95=0,err=0,stale=0', 'p95=1500,err=0.02,stale=60']) {
      expect(parseRehearsalHeader(text)).toEqual({ ok: true, breach: false })
    }
  })
  it('is refused when malformed', () => {
    for (const text of [
      '',
      'p95',
      'p95=',
      'p95=-1',
      'p95=NaN',
      'p95=1e9',
      'p95=1=2',
      'p95=1600,p95=1',
      'p95=1600,',
      'err=3',
      'confid=0.4',
      'constructor=1',
      `p95=1600,${' '.repeat(200)}`,
    ]) {
      expect(parseRehearsalHeader(text).ok).toBe(false)
    }
  })
  it('never throws', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => parseRehearsalHeader(text)).not.toThrow()
      }),
    )
  })
})
