import type { Stream } from '@spark/core/market/candle'
import { inGroups } from '../in-groups.ts'
import type { StoredPosition } from '../storage/position-store.ts'
import type { Fence } from '../storage/risk-store.ts'
import type { StoredStrategy } from '../storage/strategy-store.ts'
import type { OrderPath } from './orders/order-path.ts'

/** What strategies decide on besides the candle, as it stands when they are asked. Rejects with StorageError. */
export interface Standings {
  /** Strategies of a stream, by id. */
  on(stream: Stream): Promise<readonly StoredStrategy[]>
  /** What each of these holds, and the fence. */
  of(strategyIds: readonly string[]): Promise<Standing>
}

export interface Standing {
  positions: ReadonlyMap<string, StoredPosition>
  fence: Fence
}

const GROUP_MAX = 200

/** Streams whose candles close in one moment are looked up together. */
export function createStandings({ strategies, positions, risk, db }: OrderPath): Standings {
  const on = inGroups(GROUP_MAX, async (streams: readonly Stream[]) => {
    const all = await strategies.on(streams)
    return streams.map(({ symbol, tf }) => all.filter((one) => one.symbol === symbol && one.tf === tf))
  })
  const of = inGroups(GROUP_MAX, async (asked: readonly (readonly string[])[]) => {
    const fence = await risk.epoch(db)
    const held = new Map((await positions.of(db, asked.flat())).map((position) => [position.strategyId, position]))
    return asked.map(() => ({ positions: held, fence }))
  })
  return { on, of }
}
