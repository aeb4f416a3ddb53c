import { systemClock } from '@spark/server/clock'
import { CheckFailed } from './output.ts'

/** Looks again and again until there is a value; rejects with CheckFailed and the last problem when there is none after so long. */
export async function untilHolds<Value>(
  { limitMs, everyMs }: { limitMs: number; everyMs: number },
  look: () => Promise<{ value: Value } | { problem: string }>,
): Promise<Value> {
  const deadlineMs = systemClock.monotonicMs() + limitMs
  for (;;) {
    const seen = await look()
    if ('value' in seen) return seen.value
    if (systemClock.monotonicMs() > deadlineMs) throw new CheckFailed(seen.problem)
    await systemClock.sleep(everyMs)
  }
}
