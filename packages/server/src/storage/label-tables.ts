/** A stream whose candles are labelled. */
export interface LabelStreamRow {
  symbol: string
  tf: string
  /** The feed whose market it is. */
  source: string
  /** Open time of the last candle taken. */
  last_ts: number
  /** LabelStream. */
  state: string
  changed_at: number
}

/** What became of a decision; of the control rule under the model `baseline`. Returns and distances are shares of the entry price. */
export interface LabelRow {
  model: string
  symbol: string
  tf: string
  /** Open time of the candle decided on. */
  ts: number
  direction: number
  confid: number
  rsi: number
  macd: number
  trend: number
  atr: number
  entry_ts: number
  entry_price: number
  exit_ts: number
  exit_price: number
  outcome: string
  ambiguous: number
  candles_held: number
  net_return: number
  hit: number
  profit_distance: number
  stop_distance: number
  cost_rate: number
}

/** LabelCounter of a bucket (tenths of confidence). */
export interface LabelCounterRow {
  model: string
  symbol: string
  tf: string
  bucket: number
  /** 1: only the labels that count in tests, which do not overlap in time. */
  counted: number
  labels: number
  hits: number
  ambiguous: number
  candles_held: number
  confid_nano: number
  brier_nano: number
  log_loss_nano: number
  break_even_nano: number
  net_return_nano: number
}

/** The verdict on a model at the end of a round: the last one of each day, and the last one before each change. */
export interface VerdictHistoryRow {
  model: string
  rounds_to: number
  verdict: string
  labels: number
  /** Of the net return after costs, in units of what is risked. */
  net_low: number | null
  net_mean: number | null
  net_high: number | null
}

export interface ModelEvidenceRow {
  model: string
  /** Evidence. */
  evidence: string
  /** End of the last round in it, ms. */
  rounds_to: number
  verdict: string
  changed_at: number
  /** Periods whose labels were left out: LeftOutPeriod[]. */
  leave_out: string
}
