interface Run {
  startedAt: number
  endedAt: number | null
}

/**
 * How verifying stands. `before`: when the run began that was the last one when a new one was asked for, null when there had been none,
 * undefined when none was asked for.
 */
export function verificationState(last: Run | null, before: number | null | undefined): 'never' | 'waits' | 'runs' | 'ended' {
  if (last !== null && last.endedAt === null) return 'runs'
  if (before !== undefined && (last?.startedAt ?? null) === before) return 'waits'
  return last === null ? 'never' : 'ended'
}
