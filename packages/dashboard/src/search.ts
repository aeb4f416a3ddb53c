import { WINDOWS, type Window } from '@spark/contract/metrics'
import { ORDER_STATES } from '@spark/contract/trading'
import type { StrategyView } from '@spark/contract/trading'

/** What the address of a page may say after `?`. Anything else is left out, so that an old or broken link still opens the page. */
type Raw = Record<string, unknown>

const TEXT_MAX = 128
const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' && value.length <= TEXT_MAX
    ? value
    : typeof value === 'number'
      ? String(value)
      : undefined
const oneOf = <Value extends string>(values: readonly Value[], value: unknown): Value | undefined =>
  values.find((one) => one === value)

export interface OverviewSearch {
  window?: Window
}
export function overviewSearch({ window }: Raw): OverviewSearch {
  return defined({ window: oneOf(WINDOWS, window) })
}

export interface ShownSearch {
  /** Which one is shown. */
  id?: string
}
export function shownSearch({ id }: Raw): ShownSearch {
  return defined({ id: text(id) })
}

export const STRATEGY_SORTS = ['id', 'symbol', 'tf', 'capital', 'status', 'profit'] as const
export type StrategySort = (typeof STRATEGY_SORTS)[number]
const STATUSES: readonly StrategyView['status'][] = ['running', 'paused', 'stopped']

export interface StrategiesSearch {
  q?: string
  status?: StrategyView['status']
  arm?: 'ml' | 'baseline'
  sort?: StrategySort
  down?: boolean
}
export function strategiesSearch({ q, status, arm, sort, down }: Raw): StrategiesSearch {
  return defined({
    q: text(q),
    status: oneOf(STATUSES, status),
    arm: oneOf(['ml', 'baseline'] as const, arm),
    sort: oneOf(STRATEGY_SORTS, sort),
    down: down === true ? true : undefined,
  })
}

export interface OrdersSearch {
  state?: (typeof ORDER_STATES)[number]
  strategyId?: string
}
export function ordersSearch({ state, strategyId }: Raw): OrdersSearch {
  return defined({ state: oneOf(ORDER_STATES, state), strategyId: text(strategyId) })
}

export interface AuditSearch {
  action?: string
  strategyId?: string
  traceId?: string
  from?: string
  to?: string
  all?: boolean
}
export function auditSearch({ action, strategyId, traceId, from, to, all }: Raw): AuditSearch {
  return defined({
    action: text(action),
    strategyId: text(strategyId),
    traceId: text(traceId),
    from: text(from),
    to: text(to),
    all: all === true ? true : undefined,
  })
}

/** Without the keys whose value is undefined. */
function defined<Search extends object>(search: { [Key in keyof Search]: Search[Key] | undefined }): Search {
  return Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined)) as Search
}
