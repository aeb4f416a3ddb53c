import type { Caller } from '../accounts/caller.ts'
import type { Callers } from '../accounts/callers.ts'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'

/** Ends open event streams whose session or token no longer holds. */
export interface StreamWatch {
  /** Calls `end` once when the caller's session or token is over; the returned function forgets the stream. */
  watch(caller: Caller, end: () => void): () => void
  stop(): void
}

/** Revoked is felt within a second: this, and the time of a look at the database. */
const LOOK_MS = 500

export function watchStreams({
  callers,
  clock,
  log,
}: {
  callers: Pick<Callers, 'stillHolding'>
  clock: Clock
  log: Log
}): StreamWatch {
  const streams = new Set<{ caller: Caller; end: () => void }>()
  let looking = false
  async function look(): Promise<void> {
    if (looking || streams.size === 0) return
    looking = true
    try {
      const looked = [...streams]
      const holding = await callers.stillHolding(looked.map(({ caller }) => caller))
      for (const stream of looked) if (stream.caller.id !== null && !holding.has(stream.caller.id)) stream.end()
    } catch (error) {
      // Nobody can have revoked anything meanwhile: that is a write to the same database.
      log.warn({ err: error }, 'whether sessions still hold could not be looked up; trying again')
    }
    looking = false
  }
  const stop = clock.every(LOOK_MS * clock.speed, () => void look())
  return {
    watch(caller, end) {
      if (caller.id === null) return () => {}
      const stream = { caller, end }
      streams.add(stream)
      return () => streams.delete(stream)
    },
    stop,
  }
}
