import type { AnswerOf } from '@spark/contract/routes'
import type { RiskLimitName } from '@spark/contract/trading'
import { Decimal, type DecimalText } from '@spark/core/trading/decimal'
import type { RiskLimits } from '@spark/core/trading/risk'
import { limitTexts } from '../risk-limits.ts'
import type { RiskUsage } from '../storage/risk-store.ts'

type LimitView = Omit<AnswerOf<'risk'>['limits'][number], 'fileLimit' | 'changed' | 'unreadable'>

/** Equity as the executor saw it last. */
interface EquityMarks {
  now: DecimalText
  dayStart: DecimalText
  peak: DecimalText
}

const QUOTE = 'quote units'

/** Every limit with what is used of it, as the check before an order counts. */
export function limitViews(limits: RiskLimits, usage: RiskUsage, equity: EquityMarks | null): LimitView[] {
  const { largest, mostRepeated } = usage
  const repeatWindow = `orders of a strategy and side in ${limits.repeatWindowMs / 1000} s`
  const texts = limitTexts(limits)
  const row = (name: RiskLimitName, unit: string, used: string | null = null, by: string | null = null) => ({
    name,
    limit: texts[name],
    used,
    unit,
    by,
  })
  return [
    row('allowedSymbols', 'symbols', usage.symbols.join(' ')),
    row('priceCollarPercent', '% from the last price'),
    row('maxPriceAgeS', 's'),
    row('maxOrderNotional', `${QUOTE} of an order`),
    row('maxStrategyNotional', QUOTE, largest?.amount ?? '0', largest?.strategyId ?? null),
    row('maxTotalNotional', QUOTE, usage.total),
    row('maxOrdersPerMinute', 'orders a minute', String(usage.ordersLastMinute)),
    row('maxCancelsPerMinute', 'cancels a minute'),
    row(
      'maxRepeats',
      repeatWindow,
      String(mostRepeated?.count ?? 0),
      mostRepeated === null ? null : `${mostRepeated.strategyId} ${mostRepeated.side}`,
    ),
    row('repeatWindowS', 's, in which repeated orders count'),
    row('maxDailyLoss', `${QUOTE} since midnight UTC`, equity === null ? null : lossOf(equity)),
    row('maxDrawdownPercent', '% below the peak', equity === null ? null : drawdownOf(equity)),
  ]
}

function lossOf({ now, dayStart }: EquityMarks): DecimalText {
  return Decimal.max(0, new Decimal(dayStart).minus(now)).toString()
}

function drawdownOf({ now, peak }: EquityMarks): DecimalText {
  const highest = new Decimal(peak)
  return highest.lte(0) ? '0' : Decimal.max(0, highest.minus(now).div(highest).times(100)).toDecimalPlaces(4).toString()
}
