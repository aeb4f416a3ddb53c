/** One line of the results: what was measured in each round, beside what, and what it has to reach. */
export interface Figure {
  what: string
  /** What it is compared with, by name; null: with nothing. */
  baseline: string | null
  unit: string
  /** One value a round. */
  values: readonly number[]
  /** From architecture.md, "Numbers to build for"; null: shown for orientation. */
  target: { atLeast: number } | { under: number } | null
  /** What a reader must know to judge the figure, in one line. */
  note: string
}

/** The value at `share` (0 … 1) of the sorted values, the nearest one; NaN for none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
}

/** The middle value, or the mean of the two in the middle; NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

/** Whether the median reaches the target; null when there is none. */
function isReached({ values, target }: Figure): boolean | null {
  if (target === null) return null
  return 'atLeast' in target ? median(values) >= target.atLeast : median(values) < target.under
}

export const COLUMNS = ['figure', 'against', 'median', 'min – max', 'rounds', 'target', 'reached', 'note'] as const

/** A figure as the cells of COLUMNS. */
export function figureCells(figure: Figure): string[] {
  const { what, baseline, unit, values, target, note } = figure
  const reached = isReached(figure)
  return [
    what,
    baseline ?? '–',
    `${formatNumber(median(values))} ${unit}`,
    `${formatNumber(Math.min(...values))} – ${formatNumber(Math.max(...values))}`,
    String(values.length),
    target === null ? '–' : 'atLeast' in target ? `≥ ${formatNumber(target.atLeast)}` : `< ${formatNumber(target.under)}`,
    reached === null ? '–' : reached ? 'yes' : '**no**',
    note,
  ]
}

export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n')
}

/** Three digits that count: 0.684, 12.3, 1,234,567. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en')
  return String(Number(value.toPrecision(3)))
}
