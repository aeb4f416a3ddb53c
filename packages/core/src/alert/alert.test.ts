import { describe, expect, it } from 'vitest'
import * as fc from 'fast-check'
import {
  ACKNOWLEDGED_AGAIN_MS,
  AGAIN_MS,
  REOPEN_MS,
  acknowledge,
  look,
  raise,
  resolve,
  snooze,
  type Alert,
  type AlertStep,
  type Severity,
} from './alert.ts'

const POLICY = { escalateAfterMs: 300_000, repeatMs: 900_000 }
const START_MS = 1_700_000_000_000
const MINUTE = 60_000
const raised = (severity: Severity = 'red', message = 'm') => raise(null, { severity, message }, POLICY, START_MS)
const must = (step: AlertStep | null): AlertStep => {
  if (step === null) throw new Error('nothing was done')
  return step
}
const again = (before: Alert, afterMs: number, severity: Severity = before.severity, message = 'again') =>
  raise(before, { severity, message }, POLICY, START_MS + afterMs)

describe('an alert that is raised', () => {
  it('fires, is told at once, and a red one is looked at when it should have been acknowledged', () => {
    expect(raised()).toEqual({
      fresh: true,
      event: 'raised',
      notice: 'raised',
      alert: {
        severity: 'red',
        message: 'm',
        state: 'firing',
        ts: START_MS,
        lastTs: START_MS,
        count: 1,
        snoozedUntil: null,
        resolvedTs: null,
        told: true,
        lookTs: START_MS + 300_000,
        escalations: 0,
      },
    })
    expect(raised('yellow').alert.lookTs).toBeNull()
  })

  it('while it fires is counted, keeps the newest message, and nobody is told twice', () => {
    const step = again(raised().alert, AGAIN_MS)
    expect(step).toMatchObject({ fresh: false, event: null, notice: null })
    expect(step.alert).toMatchObject({ count: 2, ts: START_MS, lastTs: START_MS + AGAIN_MS, message: 'again' })
    expect(step.alert.lookTs).toBe(START_MS + 300_000)
  })

  it('after a silence happened again and is told again', () => {
    expect(again(raised('yellow').alert, AGAIN_MS + 1)).toMatchObject({ fresh: false, notice: 'raised' })
  })

  it('that turns from yellow to red is told, also when the yellow one was acknowledged or snoozed', () => {
    const { alert } = raised('yellow')
    for (const before of [alert, must(acknowledge(alert)).alert, must(snooze(alert, START_MS + 3_600_000)).alert]) {
      const step = again(before, MINUTE, 'red', 'worse')
      expect(step).toMatchObject({ notice: 'raised', alert: { severity: 'red', state: 'firing', message: 'worse' } })
      expect(step.alert).toMatchObject({ snoozedUntil: null, lookTs: START_MS + MINUTE + 300_000 })
    }
  })

  it('in a milder form stays as it is: the mild word does not hide the harsh one', () => {
    const step = again(raised('red', 'harsh').alert, MINUTE, 'yellow', 'mild')
    expect(step.alert).toMatchObject({ severity: 'red', message: 'harsh', count: 2 })
  })
})

describe('an alert that nobody acknowledges', () => {
  it('is escalated when its time has come, then repeated, and not before', () => {
    const { alert } = raised()
    expect(look(alert, POLICY, START_MS + 299_999)).toBeNull()
    const first = must(look(alert, POLICY, START_MS + 300_000))
    expect(first).toMatchObject({ event: 'escalated', notice: 'escalated', alert: { escalations: 1, state: 'firing' } })
    expect(look(first.alert, POLICY, START_MS + 300_000)).toBeNull()
    const second = must(look(first.alert, POLICY, START_MS + 300_000 + 900_000))
    expect(second.alert).toMatchObject({ escalations: 2, lookTs: START_MS + 300_000 + 1_800_000 })
  })

  it('is not escalated when it is yellow', () => {
    expect(look(raised('yellow').alert, POLICY, START_MS + 1e9)).toBeNull()
  })
})

describe('an acknowledged alert', () => {
  it('is silent while it lasts, and fires again when it happens again after hours', () => {
    const { alert } = must(acknowledge(raised().alert))
    expect(look(alert, POLICY, START_MS + 1e9)).toBeNull()
    const lasting = again(alert, ACKNOWLEDGED_AGAIN_MS)
    expect(lasting).toMatchObject({ notice: null, alert: { state: 'acknowledged', count: 2 } })
    expect(again(alert, ACKNOWLEDGED_AGAIN_MS + 1)).toMatchObject({ notice: 'raised', alert: { state: 'firing' } })
  })
})

describe('a snoozed alert', () => {
  const until = START_MS + 30 * MINUTE
  it('is silent until its time, also when it is raised meanwhile, then fires and is told', () => {
    const { alert } = must(snooze(raised().alert, until))
    const counted = again(alert, 29 * MINUTE)
    expect(counted).toMatchObject({ notice: null, alert: { state: 'snoozed', count: 2 } })
    expect(look(counted.alert, POLICY, until - 1)).toBeNull()
    const over = must(look(counted.alert, POLICY, until))
    expect(over).toMatchObject({ event: 'snooze_over', notice: 'still', alert: { state: 'firing', snoozedUntil: null } })
    expect(over.alert.lookTs).toBe(until + 300_000)
  })

  it('ends without a word', () => {
    expect(must(resolve(must(snooze(raised().alert, until)).alert, START_MS + 1)).notice).toBeNull()
  })

  it('can be acknowledged, and an acknowledged one snoozed', () => {
    const { alert } = must(acknowledge(must(snooze(raised().alert, until)).alert))
    expect(alert).toMatchObject({ state: 'acknowledged', snoozedUntil: null, lookTs: null })
    expect(must(snooze(alert, until)).alert).toMatchObject({ state: 'snoozed', snoozedUntil: until })
  })
})

describe('a resolved alert', () => {
  const { alert } = must(resolve(raised().alert, START_MS + MINUTE))
  it('was told of, so its end is told', () => {
    expect(must(resolve(raised().alert, START_MS)).notice).toBe('resolved')
  })

  it('cannot be acknowledged, snoozed or resolved any more', () => {
    expect([acknowledge(alert), snooze(alert, START_MS + 1e9), resolve(alert, START_MS + 1e9)]).toEqual([null, null, null])
    expect(look(alert, POLICY, START_MS + 1e9)).toBeNull()
  })

  it('raised again soon is opened again without a word, and its next end is as silent', () => {
    const step = again(alert, MINUTE + REOPEN_MS)
    expect(step).toMatchObject({ fresh: false, event: 'reopened', notice: null, alert: { state: 'firing', count: 2 } })
    expect(must(resolve(step.alert, START_MS + 1e7)).notice).toBeNull()
  })

  it('that came back and stays is told after all', () => {
    const red = again(alert, MINUTE + 1).alert
    expect(look(red, POLICY, START_MS + MINUTE + 300_001)).toMatchObject({ notice: 'escalated', alert: { told: true } })
    const mild = must(resolve(raised('yellow').alert, START_MS)).alert
    const yellow = again(mild, 1, 'yellow').alert
    expect(look(yellow, POLICY, START_MS + 300_001)).toMatchObject({ notice: 'still', alert: { told: true, lookTs: null } })
  })

  it('that comes back worse is told at once', () => {
    const mild = must(resolve(raised('yellow').alert, START_MS)).alert
    expect(again(mild, 1, 'red')).toMatchObject({ event: 'reopened', notice: 'raised', alert: { severity: 'red', told: true } })
  })

  it('raised again later is another alert', () => {
    expect(again(alert, MINUTE + REOPEN_MS + 1)).toMatchObject({ fresh: true, notice: 'raised', alert: { count: 1 } })
  })
})

// What must hold whatever happens in whatever order.
type Move = { kind: 'raise' | 'acknowledge' | 'snooze' | 'resolve' | 'look'; severity: Severity; waitMs: number }
const move: fc.Arbitrary<Move> = fc.record({
  kind: fc.constantFrom('raise', 'acknowledge', 'snooze', 'resolve', 'look'),
  severity: fc.constantFrom('red', 'yellow'),
  waitMs: fc.integer({ min: 0, max: 1_500_000 }),
})

function perform(before: Alert | null, { kind, severity }: Move, nowMs: number): AlertStep | null {
  if (kind === 'raise') return raise(before, { severity, message: 'm' }, POLICY, nowMs)
  if (before === null) return null
  if (kind === 'acknowledge') return acknowledge(before)
  if (kind === 'snooze') return snooze(before, nowMs + 600_000)
  return kind === 'resolve' ? resolve(before, nowMs) : look(before, POLICY, nowMs)
}

it('a red alert that fires untold or unacknowledged always has a time at which it is looked at', () => {
  fc.assert(
    fc.property(fc.array(move, { maxLength: 40 }), (moves) => {
      let alert: Alert | null = null
      let nowMs = START_MS
      for (const one of moves) {
        nowMs += one.waitMs
        const step = perform(alert, one, nowMs)
        if (step === null) continue
        alert = step.alert
        const firing = alert.state === 'firing'
        if (firing && (alert.severity === 'red' || !alert.told)) expect(alert.lookTs).not.toBeNull()
        if (alert.state === 'snoozed') expect(alert.lookTs).toBe(alert.snoozedUntil)
        else expect(alert.snoozedUntil).toBeNull()
        if (alert.state === 'acknowledged' || alert.state === 'resolved') expect(alert.lookTs).toBeNull()
        if (alert.state === 'snoozed' || alert.state === 'acknowledged') expect(step.notice).toBeNull()
        expect(alert.resolvedTs === null).toBe(alert.state !== 'resolved')
      }
    }),
  )
})
