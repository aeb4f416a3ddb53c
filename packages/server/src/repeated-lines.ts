/** While storage is away many tasks try again many times a second, and each says so. */
const QUIET_MS = 10_000
/** Texts are few. */
const TEXTS_MAX = 1000

interface Said {
  atMs: number
  /** Left out since. */
  repeated: number
}

/** How often the same may be said: once, and then every 10 s. */
export interface RepeatedLines {
  /** Null: it was said a moment ago, and is left out. Else how often it was left out since it was said last. */
  say(text: string): number | null
}

export function createRepeatedLines(monotonicMs: () => number): RepeatedLines {
  const said = new Map<string, Said>()
  return {
    say(text) {
      const nowMs = monotonicMs()
      const last = said.get(text)
      if (last !== undefined && nowMs - last.atMs < QUIET_MS) {
        last.repeated += 1
        return null
      }
      if (said.size >= TEXTS_MAX) said.clear()
      said.set(text, { atMs: nowMs, repeated: 0 })
      return last?.repeated ?? 0
    },
  }
}
