import { systemClock } from '@spark/server/clock'
import { createPlanner } from '@spark/server/executor/orders/planner'
import { MINUTE_MS, STRATEGIES, STREAM, wishOf, type OpenPath } from './order-path.ts'

/** One wish, or what it is measured against. `at`: which one. */
export type Work = (at: number) => Promise<unknown>

export const PER_SECOND = 500
export const IN_FLIGHT = 64

/** Each call a wish of another strategy, from `first` on. */
export function planning({ path }: OpenPath, first = 0): Work {
  const plan = createPlanner(path)
  return (at) =>
    plan({
      stream: STREAM,
      strategyIds: [`s${first + at}`],
      candleTs: MINUTE_MS,
      epoch: null,
      wishes: [wishOf(first + at)],
    })
}

/** Keeps `IN_FLIGHT` on their way for as long, or until there are `most`; resolves with how many a second are durable. */
export async function asManyAsGo(work: Work, roundMs: number, most = STRATEGIES): Promise<number> {
  const startedMs = systemClock.monotonicMs()
  let next = 0
  const keepBusy = async () => {
    while (next < most && systemClock.monotonicMs() - startedMs < roundMs) await work(next++)
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, keepBusy))
  return (next / (systemClock.monotonicMs() - startedMs)) * 1000
}

/** So many a second, evenly, whatever becomes of those before; resolves with how long each waited, ms. */
export async function atFixedRate(work: Work, roundMs: number, perSecond = PER_SECOND): Promise<number[]> {
  const waits: number[] = []
  const pending: Promise<void>[] = []
  const startedMs = systemClock.monotonicMs()
  const count = Math.min(STRATEGIES, Math.round((roundMs / 1000) * perSecond))
  for (let at = 0; at < count;) {
    const due = Math.min(count, Math.floor(((systemClock.monotonicMs() - startedMs) / 1000) * perSecond) + 1)
    for (; at < due; at++) {
      const dueMs = startedMs + (at / perSecond) * 1000
      pending.push(work(at).then(() => void waits.push(systemClock.monotonicMs() - dueMs)))
    }
    await systemClock.sleep(1)
  }
  await Promise.all(pending)
  return waits
}
