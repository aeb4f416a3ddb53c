import { expect, it } from 'vitest'
import { createTimeline } from './timeline.ts'

const MINUTE = 60_000

/** What a timeline says of these decisions, each at its minute. */
function told(rows: readonly (readonly [minute: number, decision: string, ...reasons: string[]])[]): string[] {
  const timeline = createTimeline(() => 0)
  for (const [minute, decision, ...reasons] of rows) {
    const context = { rollout: 'rollout-1', decision, reasons, effects: [], epoch: null, onTheWire: [] }
    timeline.row({ action: 'rollout.decided', actor: 'controller', result: 'ok', context }, minute * MINUTE)
  }
  return timeline.entries.map(({ kind, text }) => `${kind} ${text}`)
}

it('a hold is told once while only its minutes change, also across a counter move', () => {
  expect(
    told([
      [1, 'hold', 'the breach of p95 is not over', '9 min more of good time'],
      [2, 'hold', 'the breach of p95 is not over', '8 min more of good time'],
      [3, 'counter_move', 'floor 0.60'],
      [4, 'hold', 'the breach of p95 is not over', '8 min more of good time'],
      [5, 'soak', '7 min more of good time'],
      [6, 'hold', 'the breach of p95 is not over', '7 min more of good time'],
    ]),
  ).toEqual([
    'waits hold: the breach of p95 is not over; 9 min more of good time',
    'decision counter move: floor 0.60',
    'waits hold: the breach of p95 is not over; 7 min more of good time',
  ])
})

it('a step that took longer than its dwell says what kept it, when that was ten minutes or more', () => {
  expect(
    told([
      [1, 'soak', '20 min more of good time'],
      [6, 'soak', 'not every figure is on its target', '15 min more of good time'],
      [20, 'soak', '9 min more without a warning'],
      [30, 'soak', '4 min more without a warning'],
      [31, 'advance', '10 % begins'],
      [40, 'soak', 'not every figure is on its target'],
      [45, 'advance', '50 % begins'],
    ]),
  ).toEqual([
    'decision advance: 10 % begins; before that for 24 min: not long enough without a warning',
    'decision advance: 50 % begins',
  ])
})
