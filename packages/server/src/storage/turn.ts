import type { Clock } from '../clock.ts'

/** One at a time, in the order they came. */
export class Turn {
  readonly #waiting: (() => void)[] = []
  #taken = false

  async take(): Promise<void> {
    if (this.#taken) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    this.#taken = true
  }

  /** False: it did not come within so many ms, and is not waited for any more. */
  takeWithin(limitMs: number, clock: Pick<Clock, 'after'>): Promise<boolean> {
    if (!this.#taken) {
      this.#taken = true
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
    if (next === undefined) this.#taken = false
    else next()
  }
}
