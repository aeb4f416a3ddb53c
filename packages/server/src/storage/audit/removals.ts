import type { ChainHead } from '@spark/core/audit/chain'
import type { Checkpoint, RemovedRows } from '@spark/core/audit/checkpoint'
import type { CheckpointHead } from './verify-writer.ts'

interface Start extends CheckpointHead {
  writer: string
  /** When the place was told first, and from which time on everything is kept. */
  on: number
  before: number
}

interface Place {
  firstTs: number
  lastTs: number
  /** Each once, though every later checkpoint repeats it. */
  starts: Map<string, Start>
}

/** What the signed checkpoints of several places say that retention removes. */
export class Removals {
  readonly #places: Place[] = []

  /** Those that are added next come from another place. */
  begin(): void {
    this.#places.push({ firstTs: Infinity, lastTs: -Infinity, starts: new Map() })
  }

  add({ ts, removed }: Checkpoint, name: string): void {
    const place = this.#places.at(-1)
    if (place === undefined) throw new RangeError('a checkpoint of no place')
    place.firstTs = Math.min(place.firstTs, ts)
    place.lastTs = Math.max(place.lastTs, ts)
    const heads: [string, ChainHead][] = Object.entries(removed?.heads ?? {})
    for (const [writer, head] of heads) {
      const key = `${writer} ${head.seq} ${head.hash}`
      if (!place.starts.has(key)) place.starts.set(key, { ...head, writer, place: name, on: ts, before: removed?.before ?? 0 })
    }
  }

  /** The last row of a chain that need not be there; null: all must be. */
  startOf(writer: string): CheckpointHead | null {
    return newestOf(this.#trusted().filter((one) => one.writer === writer)).get(writer) ?? null
  }

  /** The newest removal: when it was signed, and from which time on everything is kept. */
  newest(): { on: number; before: number } | null {
    const all = this.#trusted().map(({ on, before }) => ({ on, before }))
    return all.toSorted((a, b) => b.on - a.on)[0] ?? null
  }

  /** What every place knew by then. */
  toldBy(ms: number): RemovedRows | null {
    const [first, ...others] = this.#places.map(({ starts }) => newestOf([...starts.values()].filter(({ on }) => on <= ms)))
    const told: RemovedRows = { before: 0, heads: {} }
    for (const [writer, start] of first ?? []) {
      const all = [start, ...others.map((place) => place.get(writer))].filter((one) => one !== undefined)
      if (all.length <= others.length) continue
      const { seq, hash, before } = all.reduce((least, one) => (one.seq < least.seq ? one : least))
      told.heads[writer] = { seq, hash }
      told.before = Math.max(told.before, before)
    }
    return Object.keys(told.heads).length === 0 ? null : told
  }

  /** Whoever signs by a stolen key cannot add to a copy elsewhere: what one place saw go by without being told of it does not count. */
  #trusted(): Start[] {
    const all = this.#places.map((place) => ({ ...place, newest: newestOf([...place.starts.values()]) }))
    return all
      .flatMap(({ starts }) => [...starts.values()])
      .filter(({ writer, seq, on }) =>
        all.every(({ firstTs, lastTs, newest }) => firstTs >= on || lastTs <= on || (newest.get(writer)?.seq ?? 0) >= seq),
      )
  }
}

/** By writer, what reaches furthest. */
function newestOf(starts: readonly Start[]): Map<string, Start> {
  const newest = new Map<string, Start>()
  for (const start of starts) if (start.seq > (newest.get(start.writer)?.seq ?? 0)) newest.set(start.writer, start)
  return newest
}
