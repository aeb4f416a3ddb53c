import { createRandom, randomNormal, randomUint32, randomUniform, type RandomState } from '@spark/core/stats/random'
import { isOut, type Outages } from './simulated-outages.ts'
import { simulatedSymbol, textHash, type SimulatedSymbol } from './simulated-symbol.ts'
import { EPOCH_MS, HOUR_MS, SimulatedWalk } from './simulated-walk.ts'

export const MINUTE_MS = 60_000
export const TICK_MS = 2000
const MINUTES = 60
const TICKS = MINUTE_MS / TICK_MS

/** Numbers a minute takes in a block: open, high, low, close, volume. A volume of 0 says that the minute does not exist. */
const FIELDS = 5
/** Hours of minutes kept: a forming 1d candle reads 24 every two seconds. */
const CACHED_HOURS = 32
/** Memory of the minutes' direction, and what brings it back to deviation 1 (see simulated-walk.ts). */
const MINUTE_MEMORY = 0.8
const MINUTE_MEMORY_SCALE = Math.sqrt((1 + MINUTE_MEMORY) / (1 - MINUTE_MEMORY))
/** Keeps the ticks of a minute apart from the hours, which use the same seed. */
const TICK_SEED = 0x5bd1e995
const VOLUME_DECIMALS = 5

export interface MarketOptions {
  seed: number
  /** −1 … 1: 0 leaves no direction to predict, negative reverses what trends predict. */
  trendPersistence: number
  outages: Outages
}

/** Open, high, low, close and volume, summed up in place. */
export interface Bar {
  o: number
  h: number
  l: number
  c: number
  v: number
}

/**
 * Every minute of one simulated symbol, each a pure function of options, symbol and time.
 * An hour's 60 minutes are drawn together: noise that is bent to end where the walk says the next hour begins (a bridge).
 */
export class SimulatedMinutes {
  readonly #symbol: SimulatedSymbol
  readonly #options: MarketOptions
  readonly #seed: number
  readonly #walk: SimulatedWalk
  readonly #blocks = new Map<number, Float64Array>()
  readonly #priceFactor: number
  readonly #steps = new Float64Array(MINUTES)
  #lastTicks: { minuteMs: number; prices: readonly number[] } | null = null

  constructor(symbol: string, options: MarketOptions) {
    this.#symbol = simulatedSymbol(symbol)
    this.#options = options
    this.#seed = (textHash(symbol) ^ Math.imul(options.seed, 0x9e3779b1)) >>> 0
    const { basePrice, annualVolatility } = this.#symbol
    this.#walk = new SimulatedWalk(this.#seed, basePrice, annualVolatility, options.trendPersistence)
    this.#priceFactor = 10 ** this.#symbol.priceDecimals
  }

  /** Adds the minutes that open in [fromMs, toMs) to the bar; the number that exist. Volume is left unrounded. */
  addTo(bar: Bar, fromMs: number, toMs: number): number {
    let found = 0
    let minute = Math.max(0, Math.ceil((fromMs - EPOCH_MS) / MINUTE_MS))
    const endMinute = Math.ceil((toMs - EPOCH_MS) / MINUTE_MS)
    while (minute < endMinute) {
      const hour = Math.floor(minute / MINUTES)
      const block = this.#block(hour)
      const hourEnd = Math.min(endMinute, (hour + 1) * MINUTES)
      for (; minute < hourEnd; minute++) {
        const at = (minute - hour * MINUTES) * FIELDS
        const volume = block[at + 4] as number
        if (volume === 0) continue
        if (found === 0 && bar.o === 0) bar.o = block[at] as number
        bar.h = Math.max(bar.h, block[at + 1] as number)
        bar.l = Math.min(bar.l, block[at + 2] as number)
        bar.c = block[at + 3] as number
        bar.v += volume
        found++
      }
    }
    return found
  }

  /** Adds what the minute that holds `timeMs` has shown by then; false when it shows nothing (not begun, or an outage). */
  addForming(bar: Bar, timeMs: number): boolean {
    const minuteMs = Math.floor(timeMs / MINUTE_MS) * MINUTE_MS
    const ticks = Math.floor((timeMs - minuteMs) / TICK_MS)
    const minute = emptyBar()
    if (ticks === 0 || this.addTo(minute, minuteMs, minuteMs + MINUTE_MS) === 0) return false
    if (bar.o === 0) bar.o = minute.o
    bar.h = Math.max(bar.h, minute.o)
    bar.l = Math.min(bar.l, minute.o)
    const prices = this.#ticksOf(minute, minuteMs)
    for (let tick = 0; tick < ticks; tick++) {
      const price = prices[tick] as number
      bar.h = Math.max(bar.h, price)
      bar.l = Math.min(bar.l, price)
      bar.c = price
    }
    bar.v += (minute.v * ticks) / TICKS
    return true
  }

  /** Every timeframe of the symbol asks for the same minute. */
  #ticksOf(minute: Bar, minuteMs: number): readonly number[] {
    if (this.#lastTicks?.minuteMs !== minuteMs) this.#lastTicks = { minuteMs, prices: this.#ticks(minute, minuteMs) }
    return this.#lastTicks.prices
  }

  /** The minute's prices every two seconds: from open over high and low, in either order, to close, with noise between. */
  #ticks(minute: Bar, minuteMs: number): number[] {
    const random = createRandom(this.#seed ^ TICK_SEED, Math.floor((minuteMs - EPOCH_MS) / MINUTE_MS))
    const early = 1 + Math.floor(randomUniform(random) * (TICKS / 2 - 1))
    const late = TICKS / 2 + Math.floor(randomUniform(random) * (TICKS / 2 - 1))
    const highFirst = randomUniform(random) < 0.5
    const corners = [
      [0, minute.o],
      [early, highFirst ? minute.h : minute.l],
      [late, highFirst ? minute.l : minute.h],
      [TICKS, minute.c],
    ] as const
    return Array.from({ length: TICKS }, (_, index) => {
      const tick = index + 1
      const right = corners.findIndex(([at]) => at >= tick)
      const [toTick, toPrice] = corners[right] ?? corners[3]
      const noise = (randomUniform(random) - 0.5) * 0.2 * (minute.h - minute.l)
      if (tick === toTick) return toPrice
      const [fromTick, fromPrice] = corners[right - 1] ?? corners[0]
      const straight = fromPrice + ((toPrice - fromPrice) * (tick - fromTick)) / (toTick - fromTick)
      return this.#price(Math.min(minute.h, Math.max(minute.l, straight + noise)))
    })
  }

  #block(hour: number): Float64Array {
    const cached = this.#blocks.get(hour)
    if (cached !== undefined) return cached
    const block = this.#blocks.size >= CACHED_HOURS ? this.#oldestBlock() : new Float64Array(MINUTES * FIELDS)
    this.#drawHour(hour, block)
    this.#blocks.set(hour, block)
    return block
  }

  /** Taken out to be drawn anew: a backfill passes thousands of hours, and each array of its own would stay in the heap for long. */
  #oldestBlock(): Float64Array {
    for (const [hour, block] of this.#blocks) {
      this.#blocks.delete(hour)
      return block
    }
    return new Float64Array(MINUTES * FIELDS)
  }

  #drawHour(hour: number, block: Float64Array): void {
    const random = createRandom(this.#seed, hour)
    const start = this.#walk.logPrice(hour)
    const total = this.#walk.logPrice(hour + 1) - start
    const deviation = this.#walk.deviation(hour) / Math.sqrt(MINUTES)
    const steps = this.#steps
    let momentum = 0
    let sum = 0
    for (let minute = 0; minute < MINUTES; minute++) {
      const step = randomNormal(random) + this.#options.trendPersistence * clampToOne(momentum * MINUTE_MEMORY_SCALE)
      momentum = MINUTE_MEMORY * momentum + (1 - MINUTE_MEMORY) * step
      steps[minute] = step * deviation
      sum += step * deviation
    }
    const bend = (total - sum) / MINUTES
    const twiceVariance = 2 * deviation * deviation
    let log = start
    let open = this.#price(Math.exp(start))
    for (let minute = 0; minute < MINUTES; minute++) {
      const step = (steps[minute] as number) + bend
      const end = log + step
      // Highest and lowest point of a Brownian bridge between the two ends, from its distribution function.
      const up = (log + end + Math.sqrt(step * step - twiceVariance * Math.log(1 - quickUniform(random)))) / 2
      const down = (log + end - Math.sqrt(step * step - twiceVariance * Math.log(1 - quickUniform(random)))) / 2
      const close = this.#price(Math.exp(minute === MINUTES - 1 ? start + total : end))
      const loudness = (0.5 + quickUniform(random)) * (0.5 + Math.abs(step) / deviation)
      const at = minute * FIELDS
      block[at] = open
      block[at + 1] = Math.max(open, close, this.#price(Math.exp(up)))
      block[at + 2] = Math.min(open, close, this.#price(Math.exp(down)))
      block[at + 3] = close
      const out = isOut(this.#options.outages, EPOCH_MS + hour * HOUR_MS + minute * MINUTE_MS)
      block[at + 4] = out ? 0 : roundVolume(this.#symbol.minuteVolume * loudness)
      open = close
      log = end
    }
  }

  #price(value: number): number {
    return Math.max(1, Math.round(value * this.#priceFactor)) / this.#priceFactor
  }
}

export function emptyBar(): Bar {
  return { o: 0, h: -Infinity, l: Infinity, c: 0, v: 0 }
}

/** To 5 decimals, and never 0: a minute that exists was traded. */
export function roundVolume(volume: number): number {
  return Math.max(1, Math.round(volume * 10 ** VOLUME_DECIMALS)) / 10 ** VOLUME_DECIMALS
}

/** In [0, 1) with 32 bits, at half the price of 53: an hour takes 180. */
function quickUniform(random: RandomState): number {
  return randomUint32(random) / 2 ** 32
}

function clampToOne(value: number): number {
  return Math.max(-1, Math.min(1, value))
}
