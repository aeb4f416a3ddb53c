import { DEFAULT_RISK_LIMITS, type RiskLimits } from '@spark/core/trading/risk'
import type { SparkFile } from './strategies-file.ts'

/** The limits of config/spark.yaml; what it leaves out has its default. */
export function riskLimitsOf({ risk = {} }: SparkFile): RiskLimits {
  const amounts = [
    'priceCollarPercent',
    'maxOrderNotional',
    'maxStrategyNotional',
    'maxTotalNotional',
    'maxDailyLoss',
    'maxDrawdownPercent',
  ] as const
  return {
    ...DEFAULT_RISK_LIMITS,
    ...Object.fromEntries(amounts.filter((key) => risk[key] !== undefined).map((key) => [key, String(risk[key])])),
    ...(risk.allowedSymbols !== undefined && { allowedSymbols: risk.allowedSymbols }),
    ...(risk.maxPriceAgeS !== undefined && { maxPriceAgeMs: risk.maxPriceAgeS * 1000 }),
    ...(risk.maxOrdersPerMinute !== undefined && { maxOrdersPerMinute: risk.maxOrdersPerMinute }),
    ...(risk.maxCancelsPerMinute !== undefined && { maxCancelsPerMinute: risk.maxCancelsPerMinute }),
    ...(risk.maxRepeats !== undefined && { maxRepeats: risk.maxRepeats }),
    ...(risk.repeatWindowS !== undefined && { repeatWindowMs: risk.repeatWindowS * 1000 }),
  }
}
