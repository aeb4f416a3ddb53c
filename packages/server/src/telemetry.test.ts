import { describe, expect, it } from 'vitest'
import { systemRandomness } from './random.ts'
import { traceIdOf, traceparentOf } from './telemetry.ts'

const ID = '0af7651916cd43dd8448eb211c80319c'
const FRESH = /^[0-9a-f]{32}$/

describe('trace ids', () => {
  it('are taken from a valid traceparent', () => {
    expect(traceIdOf(`00-${ID}-b7ad6b7169203331-01`, systemRandomness)).toBe(ID)
    expect(traceIdOf(`cc-${ID}-b7ad6b7169203331-01-what-comes-later`, systemRandomness)).toBe(ID)
  })

  it.each([
    undefined,
    '',
    'garbage',
    `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
    `00-${ID}-${'0'.repeat(16)}-01`,
    `00-${ID.toUpperCase()}-b7ad6b7169203331-01`,
    `ff-${ID}-b7ad6b7169203331-01`,
    `00-${ID}-b7ad6b7169203331-01-extra`,
    `00-${ID}-b7ad6b7169203331-01${'x'.repeat(300)}`,
  ])('are new for %s', (header) => {
    const id = traceIdOf(header, systemRandomness)
    expect(id).toMatch(FRESH)
    expect(id).not.toBe(ID)
  })

  it('travel on in a header that is valid again', () => {
    expect(traceIdOf(traceparentOf(ID, systemRandomness), systemRandomness)).toBe(ID)
  })
})
