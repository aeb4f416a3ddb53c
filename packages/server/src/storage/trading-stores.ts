import type { Kysely } from 'kysely'
import { createAuditOutbox, type AuditOutbox } from './audit-outbox.ts'
import { createEquityStore, type EquityStore } from './equity-store.ts'
import { createLabelStore, type LabelStore } from './label-store.ts'
import { createOrderStore, type OrderStore } from './order-store.ts'
import { createPositionStore, type PositionStore } from './position-store.ts'
import { createRolloutStore, type RolloutStore } from './rollout-store.ts'
import { createRiskLimitStore, type RiskLimitStore } from './risk-limit-store.ts'
import { createRiskStore, type RiskStore } from './risk-store.ts'
import { createStrategyStore, type StrategyStore } from './strategy-store.ts'
import type { MainTables } from './tables.ts'
import { createVenueStore, type VenueStore } from './venue-store.ts'

/** Everything the order path keeps, on one database. */
export interface TradingStores {
  db: Kysely<MainTables>
  strategies: StrategyStore
  orders: OrderStore
  positions: PositionStore
  risk: RiskStore
  riskLimits: RiskLimitStore
  rollouts: RolloutStore
  venues: VenueStore
  equityCurve: EquityStore
  labels: LabelStore
  outbox: AuditOutbox
}

export function createTradingStores(db: Kysely<MainTables>): TradingStores {
  return {
    db,
    strategies: createStrategyStore(db),
    orders: createOrderStore(db),
    positions: createPositionStore(db),
    risk: createRiskStore(db),
    riskLimits: createRiskLimitStore(db),
    rollouts: createRolloutStore(db),
    venues: createVenueStore(db),
    equityCurve: createEquityStore(db),
    labels: createLabelStore(db),
    outbox: createAuditOutbox(db),
  }
}
