/**
 * Seeded pseudo-random numbers: sfc32 (Chris Doty-Humphrey, PractRand). The state is plain JSON; the same seed and
 * stream give the same numbers on every machine.
 */
export interface RandomState {
  a: number
  b: number
  c: number
  counter: number
}

/** `seed` and `stream` are taken modulo 2^32; streams of one seed are independent (one for each symbol, say). */
export function createRandom(seed: number, stream = 0): RandomState {
  const state = { a: seed >>> 0, b: stream >>> 0, c: 0x9e3779b9, counter: 1 }
  // PractRand's own number of rounds until every bit of the seed has reached every bit of the state.
  for (let round = 0; round < 15; round += 1) randomUint32(state)
  return state
}

/** Uniform over 0 .. 2^32 - 1. */
export function randomUint32(state: RandomState): number {
  const sum = (state.a + state.b + state.counter) | 0
  state.counter = (state.counter + 1) >>> 0
  state.a = (state.b ^ (state.b >>> 9)) >>> 0
  state.b = (state.c + (state.c << 3)) >>> 0
  state.c = (((state.c << 21) | (state.c >>> 11)) + sum) >>> 0
  return sum >>> 0
}

/** Uniform over [0, 1), all 53 bits. */
export function randomUniform(state: RandomState): number {
  const high = randomUint32(state) >>> 5
  const low = randomUint32(state) >>> 6
  return (high * 67_108_864 + low) / 9_007_199_254_740_992
}

/** Uniform over the integers 0 .. bound - 1; bound from 1 to 2^32. The bias is below bound / 2^53. */
export function randomInteger(state: RandomState, bound: number): number {
  return Math.floor(randomUniform(state) * bound)
}

/** Standard normal, by Box and Muller. */
export function randomNormal(state: RandomState): number {
  const radius = Math.sqrt(-2 * Math.log(1 - randomUniform(state)))
  return radius * Math.cos(2 * Math.PI * randomUniform(state))
}
