import type { Randomness } from './random.ts'

const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?$/

/** The trace id of a request: from a valid W3C traceparent (Trace Context level 1, 3.2), else a new one. */
export function traceIdOf(traceparent: string | string[] | undefined, random: Randomness): string {
  if (typeof traceparent === 'string' && traceparent.length <= 256) {
    const id = TRACEPARENT.exec(traceparent)?.[1]
    // Version 00 has exactly four fields.
    if (id !== undefined && !(traceparent.startsWith('00') && traceparent.length !== 55)) return id
  }
  return random.traceId()
}

/** The header that hands a trace on to the next process. */
export function traceparentOf(traceId: string, random: Randomness): string {
  return `00-${traceId}-${random.traceId().slice(0, 16)}-01`
}
