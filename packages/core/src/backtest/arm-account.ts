import type { TradingCosts } from '../calibration/labels.ts'
import type { Decision } from '../signal/decision.ts'

/** Slots of the state. An array of doubles: V8 boxes a fraction that is stored in a field of an object. */
const QUANTITY = 0
const ENTRY_PRICE = 1
const REALIZED = 2
const GROSS = 3
const TRADES = 4
const WINS = 5
const CANDLES = 6
const CANDLES_HELD = 7
const ENTRY_REALIZED = 8
const OPINIONS = 9
const SLOTS = 10

/** What an arm has done so far; returns are shares of its capital, which is the same for each position. */
export interface ArmTotals {
  candles: number
  candlesHeld: number
  /** Candles at whose close it said 1 or −1. */
  opinions: number
  /** Closed positions, and those of them that earned something after costs. */
  trades: number
  wins: number
  /** Of closed positions, before and after costs. */
  grossReturn: number
  netReturn: number
}

/**
 * One stream traded by one arm: long or flat, the whole capital in at a +1, all out at a −1, nothing at a 0. An order fills at
 * the open of the next candle there is. Nothing is reinvested, so returns add up.
 */
export class ArmAccount {
  /** What was decided at the last close: 1 enters, −1 leaves, 0 nothing. */
  #pending: Decision = 0
  readonly #buyFactor: number
  readonly #sellFactor: number
  readonly #feeRate: number
  readonly #state = new Float64Array(SLOTS)

  constructor({ feeRate, halfSpreadRate, slippageRate }: TradingCosts) {
    this.#buyFactor = 1 + halfSpreadRate + slippageRate
    this.#sellFactor = 1 - halfSpreadRate - slippageRate
    this.#feeRate = feeRate
  }

  /** A candle opens: what was decided before it is filled. */
  open(price: number): void {
    const state = this.#state
    state[CANDLES] = (state[CANDLES] as number) + 1
    if (this.#pending !== 0) {
      const held = (state[QUANTITY] as number) > 0
      if (this.#pending === 1 && !held) this.#enter(price)
      else if (this.#pending === -1 && held) this.#leave(price)
      this.#pending = 0
    }
    if ((state[QUANTITY] as number) > 0) state[CANDLES_HELD] = (state[CANDLES_HELD] as number) + 1
  }

  /** The candle has closed, and this was decided on it. */
  decide(decision: Decision): void {
    this.#pending = decision
    if (decision !== 0) this.#state[OPINIONS] = (this.#state[OPINIONS] as number) + 1
  }

  /** Profit and loss so far at this price, what is held included. */
  equity(price: number): number {
    const state = this.#state
    const quantity = state[QUANTITY] as number
    const open = quantity > 0 ? quantity * price - 1 : 0
    return (state[REALIZED] as number) + open
  }

  get holds(): boolean {
    return (this.#state[QUANTITY] as number) > 0
  }

  totals(): ArmTotals {
    const at = (slot: number) => this.#state[slot] as number
    return {
      candles: at(CANDLES),
      candlesHeld: at(CANDLES_HELD),
      opinions: at(OPINIONS),
      trades: at(TRADES),
      wins: at(WINS),
      grossReturn: at(GROSS),
      netReturn: this.holds ? at(ENTRY_REALIZED) : at(REALIZED),
    }
  }

  #enter(price: number): void {
    const state = this.#state
    state[ENTRY_PRICE] = price
    state[QUANTITY] = 1 / (price * this.#buyFactor)
    state[ENTRY_REALIZED] = state[REALIZED] as number
    state[REALIZED] = (state[REALIZED] as number) - this.#feeRate
  }

  #leave(price: number): void {
    const state = this.#state
    const value = (state[QUANTITY] as number) * price * this.#sellFactor
    const realized = (state[REALIZED] as number) + value - 1 - value * this.#feeRate
    const net = realized - (state[ENTRY_REALIZED] as number)
    state[REALIZED] = realized
    state[GROSS] = (state[GROSS] as number) + price / (state[ENTRY_PRICE] as number) - 1
    state[TRADES] = (state[TRADES] as number) + 1
    if (net > 0) state[WINS] = (state[WINS] as number) + 1
    state[QUANTITY] = 0
  }
}
