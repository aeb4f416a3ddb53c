import type { Timeframe } from '../market/timeframe.ts'
import type { DecimalText } from './decimal.ts'

export type StrategyStatus = 'running' | 'paused' | 'stopped'
export type StrategyMode = 'paper' | 'live'
/** Which rule a position was opened by. */
export type TradingArm = 'ml' | 'baseline'

export interface Strategy {
  id: string
  name: string
  symbol: string
  tf: Timeframe
  /** Quote units it may hold. */
  capital: DecimalText
  mode: StrategyMode
  status: StrategyStatus
  /** The control rule; `ema_cross` is the sign of ema_20 − ema_50. */
  baseline: 'ema_cross'
  /** In the share that acts on ML. */
  exposed: boolean
}
