import { createRandom, randomNormal, randomUniform, type RandomState } from '@spark/core/stats/random'

export const HOUR_MS = 3_600_000
/** Where every simulated market begins. Hours are counted from here; nothing exists before. */
export const EPOCH_MS = Date.UTC(2023, 0, 1)
const HOURS_PER_YEAR = 8760

/** A phase of the market: how loud it is, and which way it leans in units of its own hourly deviation. */
interface Regime {
  volatility: number
  lean: number
  meanHours: number
}

const REGIMES: readonly Regime[] = [
  { volatility: 0.85, lean: 1, meanHours: 120 },
  { volatility: 1.05, lean: -1, meanHours: 96 },
  { volatility: 0.6, lean: 0, meanHours: 96 },
  { volatility: 1.8, lean: 0, meanHours: 36 },
]

/** Share of the last hours' direction that lives on into the next: a memory of about 10 hours, which RSI 14 and MACD see. */
const MOMENTUM_MEMORY = 0.9
/** Brings the momentum, a weighted mean of unit normals, back to deviation 1: sqrt((1 + m) / (1 − m)). */
const MOMENTUM_SCALE = Math.sqrt((1 + MOMENTUM_MEMORY) / (1 - MOMENTUM_MEMORY))
/** A leaning regime moves this much of `trendPersistence` deviations an hour. */
const LEAN_STRENGTH = 0.25
/** Random stream of the walk; the hours of a symbol use the numbers below. */
const WALK_STREAM = 0xffffffff
/** Jumps: about 20 a year, 4 hourly deviations each. */
const JUMPS_PER_HOUR = 20 / HOURS_PER_YEAR
const JUMP_DEVIATIONS = 4
/** Pull of the log price to its base: prices stay within about a factor of 2 for ever, and no hour notices. */
const PULL_PER_HOUR = 0.0003

/**
 * Log price at every full hour since the epoch, one number after the other from one seeded generator.
 * With `trendPersistence` p an hour moves by σ·(ε + p·momentum + p⁺·lean): 0 is a martingale, a positive p follows trends, a
 * negative one reverses them. The same hour always has the same value; hours are worked out when first asked for (60 ns each).
 */
export class SimulatedWalk {
  readonly #persistence: number
  readonly #baseLog: number
  readonly #hourlyDeviation: number
  readonly #random: RandomState
  /** Log price at the start, and relative deviation during, each hour. */
  #logPrices = new Float64Array(4096)
  #deviations = new Float64Array(4096)
  #hours = 0
  #logPrice: number
  #momentum = 0
  #regime: Regime

  constructor(seed: number, basePrice: number, annualVolatility: number, trendPersistence: number) {
    this.#persistence = trendPersistence
    this.#baseLog = Math.log(basePrice)
    this.#logPrice = this.#baseLog
    this.#hourlyDeviation = annualVolatility / Math.sqrt(HOURS_PER_YEAR)
    this.#random = createRandom(seed, WALK_STREAM)
    this.#regime = this.#nextRegime()
  }

  /** Log price at the start of hour `hour`. */
  logPrice(hour: number): number {
    this.#extend(hour)
    return this.#logPrices[hour] as number
  }

  /** Standard deviation of the log return of hour `hour`. */
  deviation(hour: number): number {
    this.#extend(hour)
    return this.#deviations[hour] as number
  }

  #extend(hour: number): void {
    while (this.#hours <= hour) {
      if (this.#hours === this.#logPrices.length) this.#grow()
      const random = this.#random
      if (randomUniform(random) < 1 / this.#regime.meanHours) this.#regime = this.#nextRegime()
      const deviation = this.#hourlyDeviation * this.#regime.volatility
      this.#logPrices[this.#hours] = this.#logPrice
      this.#deviations[this.#hours] = deviation
      this.#hours++

      const p = this.#persistence
      const lean = Math.max(0, p) * LEAN_STRENGTH * this.#regime.lean
      const follow = p * Math.tanh(this.#momentum * MOMENTUM_SCALE)
      let step = randomNormal(random) + follow + lean
      if (randomUniform(random) < JUMPS_PER_HOUR) step += JUMP_DEVIATIONS * (randomUniform(random) < 0.5 ? -1 : 1)
      this.#momentum = MOMENTUM_MEMORY * this.#momentum + (1 - MOMENTUM_MEMORY) * step
      this.#logPrice += deviation * step + PULL_PER_HOUR * (this.#baseLog - this.#logPrice)
    }
  }

  #nextRegime(): Regime {
    return REGIMES[Math.floor(randomUniform(this.#random) * REGIMES.length)] as Regime
  }

  #grow(): void {
    this.#logPrices = doubled(this.#logPrices)
    this.#deviations = doubled(this.#deviations)
  }
}

function doubled(old: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(old.length * 2)
  larger.set(old)
  return larger
}
