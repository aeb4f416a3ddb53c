import { expect, it } from 'vitest'
import { killedAt } from './kill-order-path.ts'

// Every point of the path, in one process: packages/server/src/executor/orders/kill-points.test.ts. Here with real kills.
it(
  'real processes killed along the order path: no order is sent twice, none is lost, and the books agree',
  { timeout: 120_000 },
  async () => {
    const points = Array.from({ length: 16 }, (_, at) => 3 + at * 9)
    const outcomes = []
    for (let at = 0; at < points.length; at += 4)
      outcomes.push(...(await Promise.all(points.slice(at, at + 4).map((point) => killedAt(point, point)))))
    expect(outcomes.filter((outcome) => outcome === 'killed').length).toBeGreaterThan(8)
  },
)
