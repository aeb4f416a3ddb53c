import { OptimizationAsk, OptimizationAsked, OptimizationList, OptimizationQuery, OptimizationResult } from './optimization.ts'
import type { Route } from './routes.ts'
import { NAMED, READ } from './trading-routes.ts'
import { Done, IdParams, StrategyCommand } from './trading.ts'

/** Searches of better parameters, in a process of their own. Their result is a proposal, never a change. */
export const OPTIMIZATION_ROUTES = {
  strategyOptimize: {
    method: 'POST',
    path: '/api/strategies/:id/optimize',
    tag: 'trading',
    summary: 'Searches parameters of a strategy by walk-forward on stored candles. One runs at a time, the others wait.',
    access: 'canOptimize',
    params: IdParams,
    body: OptimizationAsk,
    answer: OptimizationAsked,
    errors: [...NAMED, 'too_many_things'],
  },
  optimizations: {
    method: 'GET',
    path: '/api/optimizations',
    tag: 'trading',
    summary: 'Searches that were asked for, with how far they are and how they ended.',
    access: 'canRead',
    query: OptimizationQuery,
    answer: OptimizationList,
    errors: READ,
  },
  optimization: {
    method: 'GET',
    path: '/api/optimizations/:id',
    tag: 'trading',
    summary: 'One search with its proposal.',
    access: 'canRead',
    params: IdParams,
    answer: OptimizationResult,
    errors: [...READ, 'unknown_id'],
  },
  optimizationCancel: {
    method: 'POST',
    path: '/api/optimizations/:id/cancel',
    tag: 'trading',
    summary: 'Ends a search that waits or runs.',
    access: 'canOptimize',
    params: IdParams,
    body: StrategyCommand,
    answer: Done,
    errors: NAMED,
  },
} as const satisfies Record<string, Route>
