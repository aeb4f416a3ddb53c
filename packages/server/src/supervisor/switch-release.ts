import type { Clock } from '../clock.ts'
import type { Executor } from './executor.ts'
import type { Release, SwitchRequest } from './supervisor-contract.ts'
import { NotTaken, type Expected } from './verify-process.ts'
import type { Worker, Workers } from './workers.ts'

export interface SwitchParts {
  workers: Workers
  executor: Executor
  clock: Clock
  /** A stage that is over, and how long it took. */
  tell: (text: string, ms: number) => void
}

/** An extra worker beside the others, in place of an earlier canary. Resolves with its name; rejects with NotTaken. */
export async function startCanary(parts: SwitchParts, request: SwitchRequest): Promise<string> {
  const { workers } = parts
  const earlier = workers.serving().filter(({ canary }) => canary)
  const worker = await addOne(parts, releaseOf(request), { schemaHash: null, modelHash: request.modelHash })
  worker.canary = true
  for (const one of earlier) workers.retire(one)
  return worker.name
}

export function endCanary({ workers, tell }: SwitchParts): void {
  for (const worker of workers.serving().filter(({ canary }) => canary)) {
    workers.retire(worker)
    tell(`${worker.name}: ends with its connections`, 0)
  }
}

/** Worker by worker, each by its own release again. */
export async function restartWorkers(parts: SwitchParts): Promise<void> {
  for (const old of parts.workers.serving()) {
    const fresh = await addOne(parts, old.release, { schemaHash: null, modelHash: null })
    fresh.canary = old.canary
    parts.workers.retire(old)
  }
}

/**
 * Worker by worker, the next only when the last one is healthy and agrees with those before it; then the executor. When one is
 * not taken, what was replaced returns to `back`, and NotTaken is thrown. Canaries end with it.
 */
export async function rollTo(parts: SwitchParts, request: SwitchRequest, running: Release): Promise<void> {
  const { workers, executor, clock } = parts
  const release = releaseOf(request)
  const back = request.back ?? running
  const before = workers.serving()
  const replaced: Worker[] = []
  const expected: Expected = { schemaHash: null, modelHash: request.modelHash }
  try {
    for (const old of before.filter(({ canary }) => !canary)) {
      replaced.push(await addOne(parts, release, expected))
      workers.retire(old)
    }
    const startedMs = clock.monotonicMs()
    await executor.switchTo(release, back).catch((error: unknown) => {
      throw new NotTaken(`executor: ${(error as Error).message}`)
    })
    parts.tell(`executor: healthy, build ${release.sha.slice(0, 12)}`, clock.monotonicMs() - startedMs)
  } catch (error) {
    await returnTo(parts, back, replaced, error as Error)
    throw error
  }
  for (const canary of before.filter((worker) => worker.canary)) workers.retire(canary)
}

/** Those that serve the release that was given up serve on until their successors are healthy. */
async function returnTo(parts: SwitchParts, back: Release, replaced: readonly Worker[], cause: Error): Promise<void> {
  for (const fresh of replaced) {
    try {
      await addOne(parts, back, { schemaHash: null, modelHash: null })
    } catch (error) {
      throw new NotTaken(`${cause.message}; and the return to build ${back.sha.slice(0, 12)} failed: ${(error as Error).message}`)
    }
    parts.workers.retire(fresh)
  }
}

async function addOne({ workers, clock, tell }: SwitchParts, release: Release, expected: Expected): Promise<Worker> {
  const startedMs = clock.monotonicMs()
  const { worker, hashes } = await workers.add(release, expected)
  // The first one tells what the others have to agree with.
  expected.schemaHash ??= hashes.schemaHash
  expected.modelHash ??= hashes.modelHash
  const { schemaHash, modelHash } = hashes
  const said = `build ${release.sha.slice(0, 12)}, schema ${schemaHash.slice(0, 12)}, model ${modelHash.slice(0, 12)}`
  tell(`${worker.name}: healthy, ${said}`, clock.monotonicMs() - startedMs)
  return worker
}

function releaseOf({ release }: SwitchRequest): Release {
  if (release === null) throw new NotTaken('no release was named')
  return release
}
