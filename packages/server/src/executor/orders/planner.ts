import type { OrderPath } from './order-path.ts'
import { planAll, type Decided } from './plan-orders.ts'

/** Resolves when what was decided is durable. Rejects with StorageError: then nothing of it is. */
export type Planner = (decided: Decided) => Promise<void>

/** So many strategies a transaction: about 50 ms when all of them wish. Other processes give up on the lock after 400 ms. */
export const STRATEGIES_A_TRANSACTION = 500

interface Waiting {
  decided: Decided
  resolve: () => void
  reject: (error: unknown) => void
}

/**
 * What is decided while one transaction is being committed shares the next one: when many candles close at once, none waits for
 * as many commits as there are streams. One that cannot be planned takes no other with it.
 */
export function createPlanner(path: OrderPath): Planner {
  let waiting: Waiting[] = []
  let running = false

  async function run(): Promise<void> {
    running = true
    // What was decided in the same moment is here after this.
    await Promise.resolve()
    while (waiting.length > 0) {
      const batch = takeBatch()
      if (!(await planned(batch, batch.length === 1))) for (const one of batch) await planned([one], true)
    }
    running = false
  }

  function takeBatch(): Waiting[] {
    let strategies = 0
    const end = waiting.findIndex(({ decided }, at) => {
      strategies += decided.strategyIds.length
      return at > 0 && strategies > STRATEGIES_A_TRANSACTION
    })
    const batch = end === -1 ? waiting : waiting.slice(0, end)
    waiting = end === -1 ? [] : waiting.slice(end)
    return batch
  }

  /** False when it failed and nobody was told. */
  async function planned(batch: readonly Waiting[], tellFailure: boolean): Promise<boolean> {
    try {
      await planAll(
        path,
        batch.map(({ decided }) => decided),
      )
      for (const { resolve } of batch) resolve()
      return true
    } catch (error) {
      if (tellFailure) for (const { reject } of batch) reject(error)
      return tellFailure
    }
  }

  return (decided) =>
    new Promise((resolve, reject) => {
      waiting.push({ decided, resolve, reject })
      if (!running) void run()
    })
}
