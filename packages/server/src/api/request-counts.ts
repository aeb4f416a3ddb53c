import { worldMs, type Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { sha256 } from '../sha256.ts'
import type { RequestCountStore } from '../storage/request-count-store.ts'
import { StorageError } from '../storage/storage-error.ts'

/** Requests are limited by the minute of the wall clock, so that all processes mean the same. */
const WINDOW_MS = 60_000
const SHARE_EVERY_MS = 1000
/** Who asks little is nobody's business but this process's: at sixteen processes he stays below the limit all the same. */
const SHARED_FROM = 1 / 16
const SHARED_MAX = 100
const KEPT_MAX = 10_000

/**
 * Who asked how often in this minute. Every process counts for itself, so no request waits for the database, and a limit holds while
 * it is away; once a second the processes of all hosts tell each other of those who ask much.
 */
export interface RequestCounts {
  /** Counts one more. How many there are in this minute, here and at the others, and ms until it ends. */
  count(whose: string, max: number): { current: number; ttl: number }
  /** Tells the others and hears of them, as every second. */
  share(): Promise<void>
  stop(): Promise<void>
}

interface RequestCountsDeps {
  clock: Pick<Clock, 'nowMs' | 'speed' | 'every'>
  store: RequestCountStore
  /** Its name among all hosts. */
  process: string
  log: Pick<Log, 'warn'>
}

interface Count {
  /** Addresses and names stay in this process. */
  mark: string
  own: number
  /** Of those, as many as the others were told of. */
  told: number
  max: number
}

export function createRequestCounts({ clock, store, process, log }: RequestCountsDeps): RequestCounts {
  let minute = 0
  let counts = new Map<string, Count>()
  let others: ReadonlyMap<string, number> = new Map()
  let sharing: Promise<void> | null = null

  function enter(now: number): void {
    if (now === minute) return
    minute = now
    counts = new Map()
    others = new Map()
  }

  async function tellAndHear(): Promise<void> {
    enter(Math.floor(worldMs(clock) / WINDOW_MS))
    const much = [...counts.values()]
      .filter(({ own, told, max }) => own > told && own >= max * SHARED_FROM)
      .sort((a, b) => b.own / b.max - a.own / a.max)
      .slice(0, SHARED_MAX)
    const of = minute
    try {
      const said = new Map(much.map(({ mark, own }) => [mark, own]))
      await store.put(of, process, said)
      for (const count of much) count.told = said.get(count.mark) ?? 0
      const heard = await store.ofOthers(of, process)
      if (of === minute) others = heard
    } catch (error) {
      if (!(error instanceof StorageError)) throw error
      log.warn({ err: error }, 'requests could not be counted together with other processes; each limits its own meanwhile')
    }
  }

  function share(): Promise<void> {
    sharing ??= tellAndHear().finally(() => (sharing = null))
    return sharing
  }

  const cancel = clock.every(SHARE_EVERY_MS * clock.speed, () => void share())
  return {
    count(whose, max) {
      const nowMs = worldMs(clock)
      enter(Math.floor(nowMs / WINDOW_MS))
      const known = counts.get(whose)
      const count = known ?? { mark: sha256(whose).slice(0, 16), own: 0, told: 0, max }
      count.own += 1
      count.max = max
      // Whoever asked longest ago comes first, and is forgotten first.
      if (known !== undefined) counts.delete(whose)
      else if (counts.size >= KEPT_MAX) counts.delete(counts.keys().next().value ?? whose)
      counts.set(whose, count)
      return { current: count.own + (others.get(count.mark) ?? 0), ttl: WINDOW_MS - (nowMs % WINDOW_MS) }
    },
    share,
    async stop() {
      cancel()
      await sharing
    },
  }
}
