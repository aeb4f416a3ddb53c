/** The server's time as it was answered once, and when this browser heard it. */
export interface TimeMark {
  serverMs: number
  atMonotonicMs: number
  /** The server's time runs so many times faster. */
  speed: number
}

/** The server's time now. Ages are told by it: the clock of a phone may be minutes off, and a rehearsal runs faster. */
export function serverTime(mark: TimeMark, monotonicMs: number): number {
  return mark.serverMs + (monotonicMs - mark.atMonotonicMs) * mark.speed
}
