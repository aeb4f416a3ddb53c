import type { Clock } from '../clock.ts'

interface Timer {
  dueMs: number
  /** Timers of one moment fire in the order they were set. */
  order: number
  /** Null once it was cancelled. */
  callback: (() => void) | null
  periodMs: number | null
}

/**
 * Time that passes as fast as the work in it: from one due timer to the next, everything a timer sets off being done before the next
 * one fires. All times are whole ms. Nothing may wait for the real world (files, sockets) while it runs.
 */
export class VirtualClock implements Clock {
  readonly speed = 1
  #monotonicMs = 0
  #offsetMs: number
  #order = 0
  /** A binary heap, the earliest first. */
  readonly #heap: Timer[] = []

  constructor(startMs: number) {
    this.#offsetMs = startMs
  }

  nowMs(): number {
    return this.#offsetMs + this.#monotonicMs
  }

  monotonicMs(): number {
    return this.#monotonicMs
  }

  realMs(): number {
    return this.#monotonicMs
  }

  after(delayMs: number, callback: () => void): () => void {
    return this.#add(delayMs, callback, null)
  }

  every(periodMs: number, callback: () => void): () => void {
    return this.#add(periodMs, callback, Math.max(1, Math.ceil(periodMs)))
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#add(delayMs, resolve, null)
    })
  }

  /** Steps the wall clock without letting time pass. */
  step(byMs: number): void {
    this.#offsetMs += byMs
  }

  /** Lets time pass until this monotonic time, or until `stops` says so after a timer. */
  async run(untilMs: number, stops: () => boolean = () => false): Promise<void> {
    let fired = 0
    for (let timer = this.#heap[0]; timer !== undefined && timer.dueMs <= untilMs; timer = this.#heap[0]) {
      this.#pop()
      const { callback, periodMs } = timer
      if (callback === null) continue
      this.#monotonicMs = Math.max(this.#monotonicMs, timer.dueMs)
      if (periodMs !== null) {
        timer.dueMs += periodMs
        timer.order = this.#order++
        this.#push(timer)
      }
      callback()
      await settled(fired++)
      if (stops()) return
    }
    this.#monotonicMs = Math.max(this.#monotonicMs, untilMs)
  }

  #add(delayMs: number, callback: () => void, periodMs: number | null): () => void {
    const dueMs = this.#monotonicMs + Math.max(0, Math.ceil(delayMs))
    const timer: Timer = { dueMs, order: this.#order++, callback, periodMs }
    this.#push(timer)
    return () => (timer.callback = null)
  }

  #push(timer: Timer): void {
    const heap = this.#heap
    let at = heap.length
    heap.push(timer)
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = heap[parent] as Timer
      if (!before(timer, above)) break
      heap[at] = above
      at = parent
    }
    heap[at] = timer
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1] as Timer, heap[child] as Timer)) child += 1
      const below = heap[child] as Timer
      if (!before(below, last)) break
      heap[at] = below
      at = child
    }
    heap[at] = last
  }
}

/** Now and then the event loop turns, for signals and terminals. */
const TURN_EVERY = 1000

/** A tick comes after every promise that can settle without one, however long their chain is. */
function settled(fired: number): Promise<void> {
  return new Promise((resolve) => (fired % TURN_EVERY === 0 ? setImmediate(resolve) : process.nextTick(resolve)))
}

function before(a: Timer, b: Timer): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order)
}
