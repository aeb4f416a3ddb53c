import type { Client } from '@spark/contract/client'
import { CheckFailed } from './output.ts'
import { untilHolds } from './until-holds.ts'

const LOOK_EVERY_MS = 500
const WAIT_MS = 120_000

/** Runs a scheduled job in the executor and waits for it; resolves with what it did, in words. Throws CheckFailed when it failed or did not end. */
export async function runJob(client: Client, name: string, reason: string): Promise<string> {
  const lastRun = async () => (await client.call('jobs')).items.find((job) => job.name === name)?.lastRun ?? null
  const before = await lastRun()
  await client.call('jobRun', { params: { id: name }, body: { reason } })
  return untilHolds({ limitMs: WAIT_MS, everyMs: LOOK_EVERY_MS }, async () => {
    const run = await lastRun()
    // One that ran already when it was asked for is not started twice: its end counts.
    const isNew = run?.startedAt !== before?.startedAt || before?.outcome === null
    if (run !== null && isNew && run.outcome !== null) {
      const said = run.detail ?? run.outcome
      if (run.outcome === 'failed') throw new CheckFailed(`spark: the job ${name} failed: ${said}`)
      return { value: said }
    }
    return {
      problem: `spark: the job ${name} has not ended within ${WAIT_MS / 1000} s; spark jobs shows it. Does the executor run?`,
    }
  })
}
