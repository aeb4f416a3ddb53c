import { createRandom, randomUint32, randomUniform } from '@spark/core/stats/random'
import { traceIdAt, type Randomness } from '../random.ts'

/** The seeded twin of the one source of randomness. */
export function seededRandomness(seed: number, stream: number, nowMs: () => number): Randomness {
  const state = createRandom(seed, stream)
  const hex = (digits: number) => {
    let text = ''
    while (text.length < digits) text += randomUint32(state).toString(16).padStart(8, '0')
    return text.slice(0, digits)
  }
  return {
    unit: () => randomUniform(state),
    traceId: () => traceIdAt(nowMs(), hex(24)),
    secret: (bytes) => Buffer.from(hex(2 * bytes), 'hex').toString('base64url'),
  }
}
