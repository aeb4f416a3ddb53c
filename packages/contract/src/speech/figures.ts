import type { GateName } from '@spark/core/rollout/plan'

export const LANGUAGES = ['en', 'tr'] as const
export type Language = (typeof LANGUAGES)[number]

export const LOCALES: Record<Language, string> = { en: 'en-GB', tr: 'tr-TR' }

/** Of a figure: what it is written with, and how exactly. */
export type FigureUnit = 'ms' | 's' | 'percent' | 'share' | 'confidence' | 'count'

/** Numbers as they are written in a language. */
export interface Figures {
  number: (value: number, digits?: number) => string
  /** A share, 0 to 1. */
  percent: (share: number, digits?: number) => string
  /** A figure with its unit; a dash where there is no data. */
  figure: (value: number | null, unit: FigureUnit) => string
}

export function createFigures(language: Language, units: { second: string }): Figures {
  const locale = LOCALES[language]
  const numbers = new Map<number, Intl.NumberFormat>()
  const numberFormat = (digits: number) => {
    const known = numbers.get(digits)
    if (known !== undefined) return known
    const made = new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits })
    numbers.set(digits, made)
    return made
  }
  const number = (value: number, digits = 0) => numberFormat(digits).format(value)
  const percentFormat = (digits: number) => new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: digits })
  const figures: Record<FigureUnit, (value: number) => string> = {
    ms: (value) => `${number(value, value < 10 ? 1 : 0)} ms`,
    s: (value) => `${number(value, value < 10 ? 1 : 0)} ${units.second}`,
    percent: (value) => percentFormat(2).format(value / 100),
    share: (value) => percentFormat(0).format(value),
    confidence: (value) => number(value, 2),
    count: (value) => number(value),
  }
  return {
    number,
    percent: (share, digits = 0) => percentFormat(digits).format(share),
    figure: (value, unit) => (value === null ? '—' : figures[unit](value)),
  }
}

const UNITS: Record<GateName, FigureUnit> = {
  p95: 'ms',
  staleness: 's',
  error_rate: 'percent',
  score_rate: 'share',
  confid_median: 'confidence',
  dead_letters: 'count',
}

export function gateText(gate: GateName, value: number | null, f: Pick<Figures, 'figure'>): string {
  return f.figure(value, UNITS[gate])
}
