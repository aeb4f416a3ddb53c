/**
 * The one source of time. A test passes a twin that it turns by hand. All of it runs `speed` times as fast as the world, but for
 * `realMs`: what is scheduled, leased, judged and stored lives by the clock; what waits for hardware or a socket does not.
 */
export interface Clock {
  /** Wall time in ms since 1970, UTC. May step. */
  nowMs(): number
  /** Monotonic time in ms; only differences mean anything. */
  monotonicMs(): number
  /** Monotonic time of the world in ms: for latencies, and for limits on how long something may really take. */
  realMs(): number
  /** Ms of this clock that pass in a real one: 1 but for SPARK_CLOCK_SPEED. A real limit, given to a timer, is multiplied by it. */
  readonly speed: number
  /** Calls back once after `delayMs`; the returned function cancels. The timer alone does not keep the process alive. */
  after(delayMs: number, callback: () => void): () => void
  /** Calls back every `periodMs` until cancelled. */
  every(periodMs: number, callback: () => void): () => void
  /** Resolves after `delayMs`. */
  sleep(delayMs: number): Promise<void>
}

/** Passwords are tried and floods come in the time of the world, however fast that of the data folder runs; hosts share this one. Whole ms. */
export function worldMs(clock: Pick<Clock, 'nowMs' | 'speed'>): number {
  return Math.round(clock.nowMs() / clock.speed)
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  realMs: () => performance.now(),
  speed: 1,
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs)
    timer.unref()
    return () => clearTimeout(timer)
  },
  every(periodMs, callback) {
    const timer = setInterval(callback, periodMs)
    timer.unref()
    return () => clearInterval(timer)
  },
  sleep: (delayMs) => new Promise((resolve) => setTimeout(resolve, delayMs)),
}

/** What fast time was at one moment of real time, and how fast it runs from there. */
export interface ClockAnchor {
  fastMs: number
  realMs: number
  speed: number
}

/** Fast wall time at a moment of real wall time, in whole ms as the real one. */
export function fastNowMs({ fastMs, realMs, speed }: ClockAnchor, realNowMs: number): number {
  return Math.round(fastMs + (realNowMs - realMs) * speed)
}

/**
 * Time that runs faster. It is a function of the real wall time and the anchor alone, so every process with the same anchor agrees on
 * it to the millisecond without asking another, and it goes back only when the real clock is set back.
 */
export function createFastClock(real: Clock, anchor: ClockAnchor): Clock {
  const { speed } = anchor
  // A timer that fired early would find its moment still ahead.
  const realDelayMs = (ms: number) => Math.ceil(ms / speed)
  return {
    nowMs: () => fastNowMs(anchor, real.nowMs()),
    monotonicMs: () => real.monotonicMs() * speed,
    realMs: () => real.realMs(),
    speed: real.speed * speed,
    after: (delayMs, callback) => real.after(realDelayMs(delayMs), callback),
    every: (periodMs, callback) => real.every(periodMs / speed, callback),
    sleep: (delayMs) => real.sleep(realDelayMs(delayMs)),
  }
}

/** A clock that stands still until `advance` is called. */
export class ManualClock implements Clock {
  readonly speed = 1
  #now: number
  #monotonic = 0
  #nextId = 1
  #timers = new Map<number, { dueMs: number; periodMs: number | null; callback: () => void }>()

  constructor(startMs: number) {
    this.#now = startMs
  }
  nowMs(): number {
    return this.#now
  }
  monotonicMs(): number {
    return this.#monotonic
  }
  realMs(): number {
    return this.#monotonic
  }
  after(delayMs: number, callback: () => void): () => void {
    return this.#add(delayMs, null, callback)
  }
  every(periodMs: number, callback: () => void): () => void {
    return this.#add(periodMs, periodMs, callback)
  }
  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#add(delayMs, null, resolve)
    })
  }
  /** Steps the wall clock without letting time pass, as an operator or NTP would. */
  step(byMs: number): void {
    this.#now += byMs
  }
  /** Lets `ms` pass, firing due timers in order; promises settled between two timers run before the next one. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#monotonic + ms
    for (;;) {
      const due = [...this.#timers]
        .filter(([, timer]) => timer.dueMs <= endMs)
        .sort((a, b) => a[1].dueMs - b[1].dueMs || a[0] - b[0])[0]
      if (due === undefined) break
      const [id, timer] = due
      this.#now += timer.dueMs - this.#monotonic
      this.#monotonic = timer.dueMs
      if (timer.periodMs === null) this.#timers.delete(id)
      else timer.dueMs += timer.periodMs
      timer.callback()
      await new Promise((resolve) => setImmediate(resolve))
    }
    this.#now += endMs - this.#monotonic
    this.#monotonic = endMs
  }
  #add(delayMs: number, periodMs: number | null, callback: () => void): () => void {
    const id = this.#nextId++
    this.#timers.set(id, { dueMs: this.#monotonic + delayMs, periodMs, callback })
    return () => this.#timers.delete(id)
  }
}
