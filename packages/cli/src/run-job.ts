import type { Client } from '@spark/contract/client'
import { systemClock } from '@spark/server/clock'
import { CheckFailed } from './output.ts'

const LOOK_EVERY_MS = 500
const WAIT_MS = 120_000

/** Runs a scheduled job in the executor and waits for it; resolves with what it did, in words. Throws CheckFailed when it failed or did not end. */
export async function runJob(client: Client, name: string, reason: string): Promise<string> {
  const lastRun = async () => (await client.call('jobs')).items.find((job) => job.name === name)?.lastRun ?? null
  const before = await lastRun()
  await client.call('jobRun', { params: { id: name }, body: { reason } })
  const deadlineMs = systemClock.monotonicMs() + WAIT_MS
  while (systemClock.monotonicMs() < deadlineMs) {
    const run = await lastRun()
    // One that ran already when it was asked for is not started twice: its end counts.
    const isNew = run?.startedAt !== before?.startedAt || before?.outcome === null
    if (run !== null && isNew && run.outcome !== null) {
      const said = run.detail ?? run.outcome
      if (run.outcome === 'failed') throw new CheckFailed(`spark: the job ${name} failed: ${said}`)
      return said
    }
    await systemClock.sleep(LOOK_EVERY_MS)
  }
  throw new CheckFailed(
    `spark: the job ${name} has not ended within ${WAIT_MS / 1000} s; spark jobs shows it. Does the executor run?`,
  )
}
