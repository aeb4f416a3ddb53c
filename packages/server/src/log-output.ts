import { write, writeSync } from 'node:fs'
import { systemClock } from './clock.ts'

/** A reader that does not keep up loses lines beyond this; the process does not grow with it. */
const WAITING_BYTES_MAX = 16_777_216
/** A descriptor that somebody else has made non-blocking takes no more for now. */
const FULL_RETRY_MS = 50
/** At the end the rest is offered for so long to a reader that is slow. */
const END_LIMIT_MS = 1000

/** Where log lines go. */
export interface LogOutput {
  write(line: string): void
  /** What waits is written before it returns, unless its reader is gone or takes nothing. */
  end(): void
}

/**
 * Lines to a descriptor, beside the event loop: a reader that is slow holds up nobody. One that is gone ends the writing and nothing
 * else: pino's own output writes again and again to a pipe that nobody reads when its process exits, and never comes to the end.
 */
export function createLogOutput(fd: number): LogOutput {
  let waiting: Buffer[] = []
  let waitingBytes = 0
  let underWay: Buffer | null = null
  let gone = false

  function next(): void {
    if (underWay !== null || gone || waiting.length === 0) return
    underWay = Buffer.concat(waiting)
    waiting = []
    waitingBytes = 0
    put(underWay)
  }

  function put(bytes: Buffer): void {
    write(fd, bytes, (error, written) => {
      if (error?.code === 'EAGAIN') {
        systemClock.after(FULL_RETRY_MS, () => put(bytes))
        return
      }
      gone ||= error !== null
      const rest = error === null && written < bytes.length ? bytes.subarray(written) : null
      underWay = rest
      if (rest === null) next()
      else put(rest)
    })
  }

  return {
    write(line) {
      if (gone || waitingBytes >= WAITING_BYTES_MAX) return
      const bytes = Buffer.from(line)
      waiting.push(bytes)
      waitingBytes += bytes.length
      next()
    },
    end() {
      if (!gone) writeRest(fd, Buffer.concat(waiting))
      gone = true
    },
  }
}

/** What is under way is the system's already. */
function writeRest(fd: number, bytes: Buffer): void {
  const limitMs = systemClock.monotonicMs() + END_LIMIT_MS
  for (let at = 0; at < bytes.length;)
    try {
      at += writeSync(fd, bytes, at)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || systemClock.monotonicMs() > limitMs) return
    }
}
