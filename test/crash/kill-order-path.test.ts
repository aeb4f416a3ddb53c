import { expect, it } from 'vitest'
import { killAtEveryPoint } from './kill-order-path.ts'

// At each of them: kill-order-path.long.test.ts.
it(
  'killed once at a quarter of the await points of the order path, with a venue that misbehaves: no order is sent twice, none is lost, and the books agree',
  { timeout: 240_000 },
  async () => {
    const sites = await killAtEveryPoint('some')
    console.log(`killed at ${sites.length} await points of the order path`)
    expect(new Set(sites).size).toBe(sites.length)
    expect(sites.length).toBeGreaterThan(10)
  },
)
