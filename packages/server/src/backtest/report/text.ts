import type { BacktestResult } from '../run-backtest.ts'
import { ARM_HEAD, armRows, headline, HOW, HOW_LEARNED, LABEL_HEAD, labelRows, sentences } from './words.ts'

/** The report as plain text; `table` lays out columns. */
export function backtestText(
  result: BacktestResult,
  table: (header: readonly string[], rows: readonly (readonly string[])[]) => string,
): string {
  const labels = labelRows(result)
  return [
    headline(result),
    '',
    table(ARM_HEAD, armRows(result)),
    ...(labels.length === 0 ? [] : ['', table(LABEL_HEAD, labels)]),
    '',
    HOW,
    ...(labels.length === 0 ? [] : [HOW_LEARNED]),
    '',
    ...sentences(result),
  ].join('\n')
}
