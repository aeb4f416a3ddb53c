import { useQuery } from '@tanstack/react-query'
import type { Installation } from '@spark/contract/installation'
import { quoteAsset } from '@spark/contract/quote-asset'
import { queries } from './queries.ts'

const ofCanary = ({ canary }: Installation) => quoteAsset(canary.symbol)

/** The unit of amounts that belong to no symbol: that of the canary, as sums over strategies need one unit. Null: not known. */
export function useQuote(): string | null {
  return useQuery({ ...queries.installation, select: ofCanary }).data ?? null
}
