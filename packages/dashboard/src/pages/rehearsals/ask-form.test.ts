import { describe, expect, it } from 'vitest'
import { askOf, firstFault, type AskForm, type FaultKind } from './ask-form.ts'

const latency: FaultKind = {
  kind: 'latency',
  meaning: '',
  lasts: true,
  strength: { unit: 'ms', min: 1, max: 60_000, usual: 1600 },
}
const approve: FaultKind = { kind: 'approve', meaning: '', lasts: false, strength: null }
const form: AskForm = { seed: '7', ceiling: 0.5, mode: 'none', drawn: '3', chosen: [] }

describe('what the form of a rehearsal asks for', () => {
  it('is nothing to go wrong, a number to draw, or the chosen faults', () => {
    expect(askOf(form, [])).toEqual({ seed: 7, ceiling: 0.5, faults: [] })
    expect(askOf({ ...form, mode: 'drawn' }, [])).toMatchObject({ faults: 3 })
  })

  it('gives a fault only what its kind takes', () => {
    const chosen = [firstFault(0, latency), { ...firstFault(1, approve), atMin: '45' }]
    expect(askOf({ ...form, mode: 'chosen', chosen }, [latency, approve])).toMatchObject({
      faults: [
        { kind: 'latency', atMin: 30, forMin: 20, strength: 1600 },
        { kind: 'approve', atMin: 45 },
      ],
    })
    expect(askOf({ ...form, mode: 'chosen', chosen }, [latency, approve]).faults).toHaveProperty([1], {
      kind: 'approve',
      atMin: 45,
    })
  })
})
