import { createFigures, LOCALES, type Figures } from '@spark/contract/speech/figures'
import type { Language } from '../i18n/messages.ts'
import { durationParts } from './duration.ts'

interface UnitNames {
  day: string
  hour: string
  minute: string
  second: string
}

export type { FigureUnit } from '@spark/contract/speech/figures'

export interface Format extends Figures {
  /** A decimal of the API, with its sign when `signed`. */
  money: (decimal: string | number, signed?: boolean) => string
  /** An amount with its unit; without one where that is not known. */
  amount: (decimal: string | number, quote: string | null, signed?: boolean) => string
  /** A decimal of the API with up to eight digits behind its point, as exchanges write quantities, fees and the prices of cheap coins. */
  decimal: (text: string) => string
  /** 02:11:04 */
  time: (ms: number) => string
  /** 25 Nov, 02:11 */
  moment: (ms: number) => string
  /** 25 Nov */
  day: (ms: number) => string
  /** With zone, for titles. */
  full: (ms: number) => string
  /** 3 min 20 s: the two largest units. */
  duration: (ms: number) => string
  /** 41:12 or 1:02:09, as a clock shows it. */
  clock: (ms: number) => string
}

export function createFormat(language: Language, units: UnitNames): Format {
  const locale = LOCALES[language]
  const figures = createFigures(language, units)
  const money = new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 })
  const signedMoney = new Intl.NumberFormat(locale, {
    minimumFractionDigits: 2,
    maximumFractionDigits: 2,
    signDisplay: 'exceptZero',
  })
  const exact = new Intl.NumberFormat(locale, { maximumFractionDigits: 8 })
  const time = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' })
  const moment = new Intl.DateTimeFormat(locale, {
    day: '2-digit',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
  const day = new Intl.DateTimeFormat(locale, { day: '2-digit', month: 'short' })
  const full = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'long' })
  const plain = (decimal: string | number, signed = false) => (signed ? signedMoney : money).format(Number(decimal))
  return {
    ...figures,
    money: plain,
    amount: (decimal, quote, signed) => (quote === null ? plain(decimal, signed) : `${plain(decimal, signed)}\u00a0${quote}`),
    decimal: (text) => exact.format(text as Intl.StringNumericLiteral),
    time: (ms) => time.format(ms),
    moment: (ms) => moment.format(ms),
    day: (ms) => day.format(ms),
    full: (ms) => full.format(ms),
    duration(ms) {
      const parts = durationParts(ms).map(({ value, unit }) => `${figures.number(value)} ${units[unit]}`)
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
