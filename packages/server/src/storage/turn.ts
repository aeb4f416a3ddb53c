import type { Clock } from '../clock.ts'

/** One at a time, or so many, in the order they came. */
export class Turn {
  readonly #waiting: (() => void)[] = []
  #free: number

  constructor(places = 1) {
    this.#free = places
  }

  async take(): Promise<void> {
    if (this.#free > 0) this.#free -= 1
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  /** False: it did not come within so many ms, and is not waited for any more. */
  takeWithin(limitMs: number, clock: Pick<Clock, 'after'>): Promise<boolean> {
    if (this.#free > 0) {
      this.#free -= 1
      return Promise.resolve(true)
    }
    return new Promise<boolean>((resolve) => {
      const come = () => {
        cancel()
        resolve(true)
      }
      const cancel = clock.after(limitMs, () => {
        this.#waiting.splice(this.#waiting.indexOf(come), 1)
        resolve(false)
      })
      this.#waiting.push(come)
    })
  }

  /** Handed over before anyone else can ask for it, so that nobody overtakes. */
  give(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free += 1
    else next()
  }
}
