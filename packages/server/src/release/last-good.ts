import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RolloutState } from '@spark/core/rollout/state'
import type { Release, SupervisorState } from '../supervisor/supervisor-contract.ts'
import { releasesDir } from './make-release.ts'

/** As long as the plan watches the full share. */
export const PROVEN_MS = 24 * 3_600_000

/**
 * Whether a release has proven itself: a rollout came to its end while it ran, or it has run for 24 hours in which nothing was
 * rolled back or killed. A rollout that was braked takes away no proof from before its start: it says nothing against a release that
 * was good without it. Being the one that ran before is no proof. Pure.
 */
export function hasProvenItself(
  { sinceMs }: Pick<SupervisorState['release'], 'sinceMs'>,
  rollouts: readonly Pick<RolloutState, 'phase' | 'startedMs' | 'endedMs' | 'stepStartedMs'>[],
  nowMs: number,
): boolean {
  const braked = rollouts.filter(
    ({ phase, endedMs }) => (phase === 'rolled_back' || phase === 'killed') && (endedMs ?? nowMs) >= sinceMs,
  )
  const calmToMs = Math.min(nowMs, ...braked.map(({ startedMs }) => startedMs))
  const done = rollouts.some(({ phase, stepStartedMs }) => phase === 'done' && sinceMs <= stepStartedMs)
  return done || calmToMs - sinceMs >= PROVEN_MS
}

/** Null before the first deploy. */
export function readLastGood(dataDir: string): Release | null {
  try {
    return JSON.parse(readFileSync(goodFile(dataDir), 'utf8')) as Release
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

export function writeLastGood(dataDir: string, { sha, dir }: Release): void {
  mkdirSync(releasesDir(dataDir), { recursive: true })
  const file = goodFile(dataDir)
  writeFileSync(`${file}.new`, `${JSON.stringify({ sha, dir }, null, 2)}\n`)
  renameSync(`${file}.new`, file)
}

function goodFile(dataDir: string): string {
  return join(releasesDir(dataDir), 'last-good.json')
}
