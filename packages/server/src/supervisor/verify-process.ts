import { createClient } from '@spark/contract/client'
import type { ExecutorHealth } from '@spark/contract/health'
import type { Clock } from '../clock.ts'
import type { Child } from './child.ts'
import type { Release } from './supervisor-contract.ts'

/** A new process that is not healthy within this time is not taken. */
const HEALTHY_LIMIT_MS = 30_000
const ASK_EVERY_MS = 200
const ASK_TIMEOUT_MS = 5000

/** Why a process is not taken; nothing was lost by asking. */
export class NotTaken extends Error {}

export interface Hashes {
  schemaHash: string
  modelHash: string
}

/** What a worker must agree with; null: nothing is asked of it yet. */
export type Expected = { [Name in keyof Hashes]: string | null }

/** Healthy within its limit, and of this build. Rejects with NotTaken. */
export async function verifyWorker(child: Child, release: Release, expected: Expected, clock: Clock): Promise<Hashes> {
  const url = await healthyUrl(child, clock)
  const client = createClient({ baseUrl: url, timeoutMs: ASK_TIMEOUT_MS })
  await untilOk(clock, async () => client.call('healthz'), release)
  const { schemaHash, modelHash } = await client.call('mlVersion').catch((error: unknown) => {
    throw new NotTaken(`it does not tell its versions: ${(error as Error).message}`)
  })
  for (const [what, is, wanted] of [
    ['schema', schemaHash, expected.schemaHash],
    ['model', modelHash, expected.modelHash],
  ] as const)
    if (wanted !== null && is !== wanted)
      throw new NotTaken(`its ${what} is ${is.slice(0, 12)}, and must be ${wanted.slice(0, 12)} like that of the others`)
  return { schemaHash, modelHash }
}

/** The same for the executor, which answers at its one address. */
export async function verifyExecutor(child: Child, release: Release, executorUrl: string, clock: Clock): Promise<void> {
  await firstHealthy(child, clock)
  await untilOk(
    clock,
    async () => {
      const response = await fetch(`${executorUrl}/health`, { signal: AbortSignal.timeout(ASK_TIMEOUT_MS), redirect: 'error' })
      return (await response.json()) as ExecutorHealth
    },
    release,
  )
}

async function healthyUrl(child: Child, clock: Clock): Promise<string> {
  await firstHealthy(child, clock)
  const url = child.url()
  if (url === null) throw new NotTaken('it ended right after its start')
  return url
}

async function firstHealthy(child: Child, clock: Clock): Promise<void> {
  const tooLate = clock
    .sleep(HEALTHY_LIMIT_MS)
    .then(() => `it was not healthy within ${HEALTHY_LIMIT_MS / 1000} s; its log stands above`)
  const problem = await Promise.race([child.firstHealthy.then(() => null), child.firstFailed, tooLate])
  if (problem !== null) throw new NotTaken(problem)
}

/** Healthy may take a moment; another build never comes right. */
async function untilOk(
  clock: Clock,
  ask: () => Promise<{ ok: boolean; buildSha: string; detail?: string }>,
  { sha }: Release,
): Promise<void> {
  const deadlineMs = clock.monotonicMs() + HEALTHY_LIMIT_MS
  for (;;) {
    const answer = await ask().catch((error: unknown) => ({ ok: false, buildSha: sha, detail: (error as Error).message }))
    if (answer.buildSha !== sha)
      throw new NotTaken(
        `it runs build ${answer.buildSha.slice(0, 12)}, not ${sha.slice(0, 12)}: the checkout has moved on since; deploy it`,
      )
    if (answer.ok) return
    if (clock.monotonicMs() > deadlineMs) throw new NotTaken(`it is not healthy: ${answer.detail ?? 'ok is false'}`)
    await clock.sleep(ASK_EVERY_MS)
  }
}
