import { expect, it } from 'vitest'
import { createRandom, randomUniform } from '@spark/core/stats/random'
import { killedAt } from './kill-order-path.ts'

it('1,000 times killed at random points of the order path: no order is sent twice, none is lost, and the books agree', async () => {
  const random = createRandom(20_261_124)
  const outcomes = { killed: 0, lived: 0 }
  for (let round = 0; outcomes.killed < 1000; round++) {
    const lives = Array.from({ length: 4 }, (_, at) => killedAt(1 + Math.floor(randomUniform(random) * 200), round * 4 + at))
    for (const outcome of await Promise.all(lives)) outcomes[outcome] += 1
  }
  console.log(`order path: ${JSON.stringify(outcomes)}`)
  expect(outcomes.killed).toBeGreaterThanOrEqual(1000)
})
