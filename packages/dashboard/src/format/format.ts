import type { Language } from '../i18n/messages.ts'
import { durationParts } from './duration.ts'

interface UnitNames {
  day: string
  hour: string
  minute: string
  second: string
}

/** Of a figure: what it is written with, and how exactly. */
export type FigureUnit = 'ms' | 's' | 'percent' | 'share' | 'confidence' | 'count'

export interface Format {
  number: (value: number, digits?: number) => string
  /** A share, 0 to 1. */
  percent: (share: number, digits?: number) => string
  /** A figure with its unit; a dash where there is no data. */
  figure: (value: number | null, unit: FigureUnit) => string
  /** A decimal of the API, with its sign when `signed`. */
  money: (decimal: string | number, signed?: boolean) => string
  /** 02:11:04 */
  time: (ms: number) => string
  /** 25 Nov, 02:11 */
  moment: (ms: number) => string
  /** With zone, for titles. */
  full: (ms: number) => string
  /** 3 min 20 s: the two largest units. */
  duration: (ms: number) => string
  /** 41:12 or 1:02:09, as a clock shows it. */
  clock: (ms: number) => string
}

const LOCALES: Record<Language, string> = { en: 'en-GB', tr: 'tr-TR' }

export function createFormat(language: Language, units: UnitNames): Format {
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
  const money = new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 })
  const signedMoney = new Intl.NumberFormat(locale, {
    minimumFractionDigits: 2,
    maximumFractionDigits: 2,
    signDisplay: 'exceptZero',
  })
  const time = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' })
  const moment = new Intl.DateTimeFormat(locale, {
    day: '2-digit',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
  const full = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'long' })
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
    money: (decimal, signed = false) => (signed ? signedMoney : money).format(Number(decimal)),
    time: (ms) => time.format(ms),
    moment: (ms) => moment.format(ms),
    full: (ms) => full.format(ms),
    duration(ms) {
      const parts = durationParts(ms).map(({ value, unit }) => `${number(value)} ${units[unit]}`)
      return parts.join(' ')
    },
    clock(ms) {
      const seconds = Math.max(0, Math.floor(ms / 1000))
      const two = (value: number) => String(value).padStart(2, '0')
      const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
      return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`
    },
  }
}
