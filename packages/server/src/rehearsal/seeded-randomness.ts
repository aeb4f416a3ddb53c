import { createRandom, randomUint32, randomUniform } from '@spark/core/stats/random'
import { traceIdAt, type Randomness } from '../random.ts'

/** The seeded twin of the one source of randomness. */
export function seededRandomness(seed: number, stream: number, nowMs: () => number): Randomness {
  const state = createRandom(seed, stream)
  const hex = (digits: number) => {
    const bytes = Buffer.allocUnsafe(Math.ceil(digits / 8) * 4)
    for (let at = 0; at < bytes.length; at += 4) bytes.writeUInt32BE(randomUint32(state), at)
    return bytes.toString('hex', 0, digits / 2)
  }
  return {
    unit: () => randomUniform(state),
    traceId: () => traceIdAt(nowMs(), hex(24)),
    secret: (bytes) => Buffer.from(hex(2 * bytes), 'hex').toString('base64url'),
  }
}
