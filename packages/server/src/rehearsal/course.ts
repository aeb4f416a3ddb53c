import type { Member } from '@spark/core/rollout/exposure'
import type { Phase } from '@spark/core/rollout/state'
import type { Purpose } from '@spark/core/trading/order'
import type { TradingArm } from '@spark/core/trading/strategy'
import type { MainTables } from '../storage/tables.ts'
import type { SharedDatabase } from './shared-database.ts'

/** Who acts on ML, and under which fence, from one commit on. */
export interface Exposure {
  sinceMs: number
  phase: Phase
  epoch: number
  mlOff: boolean
  /** In no promised order. */
  ids: readonly string[]
}

/** An order when it reaches the venue. */
export interface Arrival {
  sinceMs: number
  clientOrderId: string
  strategyId: string
  arm: TradingArm
  purpose: Purpose
  /** Of the order, and the one that held at its arrival. */
  epoch: number
  epochNow: number
  /** When it was marked as being sent, ms since the rollout began. */
  sendingMs: number
}

/** What a rehearsal remembers of its rollout besides the audit, read at the moment of each commit. */
export interface Course {
  readonly exposures: Exposure[]
  readonly arrivals: Arrival[]
  readonly phase: () => Phase
  /** `signedAtMs`: wall time of the executor. */
  arrived: (clientOrderId: string, signedAtMs: number) => void
  members: () => Member[]
}

const EXPOSURE_TABLES = ['rollout', 'rollout_epoch', 'strategy'] as const

export function followCourse(
  main: SharedDatabase<MainTables>,
  sinceMs: () => number,
  /** When an order was marked, ms since the rollout began; `markedAt` is by the market's time. */
  markedMs: (order: { markedAt: number; signedAtMs: number }) => number,
): Course {
  const exposures: Exposure[] = []
  const arrivals: Arrival[] = []
  let phase: Phase = 'preview'
  let last = ''
  let ids: string[] = []
  let seen = -1

  main.watch(EXPOSURE_TABLES, () => {
    const [newest] = main.peek('select phase, epoch, ml_off from rollout cross join rollout_epoch order by ordinal desc limit 1')
    if (newest === undefined) return
    phase = newest['phase'] as Phase
    const strategiesWritten = main.writes(['strategy'])
    if (strategiesWritten !== seen) ids = main.peek('select id from strategy where exposed = 1').map(({ id }) => String(id))
    seen = strategiesWritten
    const now = { phase, epoch: Number(newest['epoch']), mlOff: newest['ml_off'] === 1, ids }
    const text = JSON.stringify(now)
    if (text !== last) exposures.push({ sinceMs: sinceMs(), ...now })
    last = text
  })

  return {
    exposures,
    arrivals,
    phase: () => phase,
    arrived(clientOrderId, signedAtMs) {
      const [order] = main.peek(
        'select strategy_id, arm, purpose, epoch, sending_at from trade_order where client_order_id = ?',
        [clientOrderId],
      )
      const [fence] = main.peek('select epoch from rollout_epoch where id = 1')
      if (order === undefined) throw new Error(`the order ${clientOrderId} reached the venue before it was on disk`)
      arrivals.push({
        sinceMs: sinceMs(),
        clientOrderId,
        strategyId: String(order['strategy_id']),
        arm: order['arm'] as TradingArm,
        purpose: order['purpose'] as Purpose,
        epoch: Number(order['epoch']),
        epochNow: Number(fence?.['epoch']),
        sendingMs: markedMs({ markedAt: Number(order['sending_at']), signedAtMs }),
      })
    },
    members: () =>
      main
        .peek('select strategy_id, capital, canary from rollout_member order by rollout_id desc, rank')
        .map((row) => ({ strategyId: String(row['strategy_id']), capital: String(row['capital']), canary: row['canary'] === 1 })),
  }
}
