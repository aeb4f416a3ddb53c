import type { ChainHead } from '@spark/core/audit/chain'
import type { Checkpoint } from '@spark/core/audit/checkpoint'
import type { CheckpointHead } from './verify-writer.ts'

interface Start extends CheckpointHead {
  writer: string
  /** When it was removed, and from which time on everything is kept. */
  on: number
  before: number
}

interface Place {
  firstTs: number
  lastTs: number
  starts: Start[]
}

/** What the signed checkpoints of several places say that retention removed. */
export class Removals {
  readonly #places: Place[] = []

  /** Those that are added next come from another place. */
  begin(): void {
    this.#places.push({ firstTs: Infinity, lastTs: -Infinity, starts: [] })
  }

  add({ ts, removed }: Checkpoint, name: string): void {
    const place = this.#places.at(-1)
    if (place === undefined) throw new RangeError('a checkpoint of no place')
    place.firstTs = Math.min(place.firstTs, ts)
    place.lastTs = Math.max(place.lastTs, ts)
    const heads: [string, ChainHead][] = Object.entries(removed?.heads ?? {})
    for (const [writer, head] of heads) place.starts.push({ ...head, writer, place: name, on: ts, before: removed?.before ?? 0 })
  }

  /** The last row of a chain that need not be there; null: all must be. */
  startOf(writer: string): CheckpointHead | null {
    return this.#trusted(writer).reduce<Start | null>((last, one) => (one.seq > (last?.seq ?? 0) ? one : last), null)
  }

  /** The newest removal: when it was, and from which time on everything is kept. */
  newest(): { on: number; before: number } | null {
    const all = this.#trusted(null).map(({ on, before }) => ({ on, before }))
    return all.toSorted((a, b) => b.on - a.on)[0] ?? null
  }

  /** Whoever signs by a stolen key cannot add to a copy elsewhere: what one place saw go by without being told of it does not count. */
  #trusted(writer: string | null): Start[] {
    const all = this.#places.flatMap(({ starts }) => starts).filter((one) => writer === null || one.writer === writer)
    return all.filter((start) =>
      this.#places.every(
        ({ firstTs, lastTs, starts }) =>
          firstTs >= start.on || lastTs <= start.on || starts.some((one) => one.writer === start.writer && one.seq >= start.seq),
      ),
    )
  }
}
