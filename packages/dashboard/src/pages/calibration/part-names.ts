export const PARTS = ['rsi', 'macd', 'trend'] as const

/** Names of the signal parts, the same in every language. */
export const PART_NAMES = { rsi: 'RSI', macd: 'MACD', trend: 'Trend' } as const
