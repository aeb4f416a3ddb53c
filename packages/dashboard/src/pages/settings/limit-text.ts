import type { RiskLimitName } from '@spark/contract/trading'
import type { Format } from '../../format/format.ts'

/** A limit as the reader writes numbers, with every decimal that it has; a list of symbols as it is. */
export function limitText(text: string, f: Format): string {
  const found = /^\d+(?:\.(\d+))?$/.exec(text.trim())
  return found === null ? text : f.number(Number(text), found[1]?.length ?? 0)
}

/** Whether one reader means thousands where another means decimals: 3.000 and 3,000, and every comma but those between symbols. */
export function readsTwoWays(name: RiskLimitName, text: string): boolean {
  return name !== 'allowedSymbols' && /,|\.\d{3}(?!\d)/.test(text)
}
