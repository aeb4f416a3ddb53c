import { expect, it } from 'vitest'
import { createRandom, randomUniform } from '@spark/core/stats/random'
import { killAtEveryPoint, killAtRandom } from './kill-order-path.ts'

it('1,000 times killed at random points of the order path: no order is sent twice, none is lost, and the books agree', async () => {
  const random = createRandom(20_261_124)
  const seen = await killAtRandom(1000, () => randomUniform(random), 3)
  console.log(`order path: killed ${seen.died} times, at points up to ${seen.points}`)
  expect(seen.died).toBeGreaterThanOrEqual(1000)
})

it('killed once at every await point of the order path, with a venue that misbehaves: no order is sent twice, none is lost, and the books agree', async () => {
  const sites = await killAtEveryPoint('new')
  const of = (part: string) => sites.filter((site) => site.includes(part)).length
  console.log(`killed at ${sites.length} await points of the order path`)
  // It looked everywhere: in each part of the path, before and after the venue.
  for (const part of [
    'decide-strategies',
    'plan-orders',
    'send-order',
    'settle-order',
    'book-fill',
    'cancel-orders',
    'flatten',
    'reconcile-venue',
    'audit-relay',
    'database-queue',
  ])
    expect(of(part), part).toBeGreaterThan(0)
  for (const call of ['place', 'order', 'cancel', 'fills', 'openOrders', 'balances'])
    expect(
      [of(`before venue.${call} `), of(`after venue.${call} `)].every((count) => count > 0),
      call,
    ).toBe(true)
  expect(new Set(sites).size).toBe(sites.length)
  expect(sites.length).toBeGreaterThan(60)
})
