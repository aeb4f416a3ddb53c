import type { Clock } from '../clock.ts'

const NEVER = new Promise<never>(() => {})

/**
 * One life of a process in the rehearsal. A dead one does nothing any more: its timers are gone, and what it waited for never comes. A
 * stopped one (SIGSTOP) goes on later, with everything that came meanwhile.
 */
export class Life {
  /** Time as this process lives it. */
  readonly clock: Clock
  #alive = true
  #stopped: Promise<void> | null = null
  readonly #repeating = new Set<() => void>()
  readonly #deaths: (() => void)[] = []

  constructor(clock: Clock) {
    this.clock = {
      nowMs: () => clock.nowMs(),
      monotonicMs: () => clock.monotonicMs(),
      realMs: () => clock.realMs(),
      speed: clock.speed,
      after: (delayMs, callback) => this.#after(clock, delayMs, callback),
      every: (periodMs, callback) => this.#every(clock, periodMs, callback),
      sleep: (delayMs) => clock.sleep(delayMs).then(() => this.passage() ?? undefined),
    }
  }

  get alive(): boolean {
    return this.#alive
  }

  onDeath(callback: () => void): void {
    this.#deaths.push(callback)
  }

  kill(): void {
    this.#alive = false
    for (const callback of this.#deaths.splice(0)) callback()
    for (const cancel of this.#repeating) cancel()
    this.#repeating.clear()
  }

  /** Stands still until `goOn` resolves. */
  stop(goOn: Promise<void>): void {
    const stopped = goOn.then(() => {
      if (this.#stopped === stopped) this.#stopped = null
    })
    this.#stopped = stopped
  }

  /** What has to be waited for before this process sees anything: null, nothing. For a dead one it never comes. */
  passage(): Promise<void> | null {
    return this.#alive ? this.#stopped : NEVER
  }

  /** An answer from outside, as this process gets to see it. */
  async receive<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer
    } finally {
      for (let wait = this.passage(); wait !== null; wait = this.passage()) await wait
    }
  }

  #after(clock: Clock, delayMs: number, callback: () => void): () => void {
    let wanted = true
    const fire = () => {
      if (!this.#alive || !wanted) return
      if (this.#stopped === null) callback()
      else void this.#stopped.then(fire)
    }
    const cancel = clock.after(delayMs, fire)
    return () => {
      wanted = false
      cancel()
    }
  }

  /** A process that was stopped gets one of the calls it missed. */
  #every(clock: Clock, periodMs: number, callback: () => void): () => void {
    let waiting = false
    const cancel = clock.every(periodMs, () => {
      if (waiting) return
      if (this.#stopped === null) return callback()
      waiting = true
      void this.#stopped.then(goOn)
    })
    const goOn = () => {
      waiting = false
      if (this.#alive && this.#repeating.has(stop)) callback()
    }
    const stop = () => {
      cancel()
      this.#repeating.delete(stop)
    }
    this.#repeating.add(stop)
    return stop
  }
}
