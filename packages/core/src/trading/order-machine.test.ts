import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ORDER_STATES, type OrderState } from './order.ts'
import { isFinal, nextOrderState, type OrderEvent } from './order-machine.ts'

const EVENTS: OrderEvent[] = [
  ...(
    ['reserve', 'refuse', 'withdraw', 'lapse', 'send', 'lose', 'acknowledge', 'reject', 'cancel', 'expire', 'absent'] as const
  ).map((kind) => ({ kind })),
  { kind: 'fill', complete: false },
  { kind: 'fill', complete: true },
]
const run = (state: OrderState, events: readonly OrderEvent[]) =>
  events.reduce((now, event) => nextOrderState(now, event) ?? now, state)

describe('an order', () => {
  it('goes its usual way', () => {
    expect(
      run('planned', [{ kind: 'reserve' }, { kind: 'send' }, { kind: 'acknowledge' }, { kind: 'fill', complete: true }]),
    ).toBe('filled')
  })

  it('never leaves filled, and ended ones change by a late fill only', () => {
    for (const state of ORDER_STATES.filter(isFinal))
      for (const event of EVENTS) {
        const next = nextOrderState(state, event)
        if (event.kind !== 'fill' || state === 'filled') expect([state, null], event.kind).toContain(next)
        else expect([state, 'filled']).toContain(next)
      }
  })

  it('is never reserved a second time, and is sent again only after its outcome was unknown', () => {
    for (const state of ORDER_STATES)
      for (const event of EVENTS) {
        const next = nextOrderState(state, event)
        if (next === 'reserved') expect(['planned', 'reserved']).toContain(state)
        if (next === 'sending') expect(['reserved', 'unknown']).toContain(state)
        expect(next === 'planned').toBe(false)
      }
  })

  it('that is withdrawn or lapsed has certainly not been acknowledged', () => {
    for (const kind of ['withdraw', 'lapse', 'absent'] as const)
      for (const state of ['acknowledged', 'partly_filled', 'filled'] as const) expect(nextOrderState(state, { kind })).toBeNull()
  })

  it('ends the same whatever the order of the messages of its venue, when it filled', () => {
    const messages: OrderEvent[] = [
      { kind: 'acknowledge' },
      { kind: 'acknowledge' },
      { kind: 'fill', complete: false },
      { kind: 'fill', complete: true },
    ]
    fc.assert(
      fc.property(fc.shuffledSubarray(messages, { minLength: 4 }), fc.constantFrom('sending', 'unknown'), (order, state) => {
        // Completeness is counted by quantity, so the complete fill is the last one, wherever it stands.
        const fills = order.filter(({ kind }) => kind === 'fill').length
        let seen = 0
        const told = order.map((event) => (event.kind === 'fill' ? { kind: 'fill' as const, complete: ++seen === fills } : event))
        expect(run(state as OrderState, told)).toBe('filled')
      }),
    )
  })
})
