import { accessSync, constants, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { TIME_FORMS, parseTime } from '@spark/contract/time'
import { WrongUsage } from './output.ts'

const LIMIT_MAX = 10_000

/** The text of --limit, checked. */
export function limitOption(text: string): string {
  if (!/^[1-9]\d{0,4}$/.test(text) || Number(text) > LIMIT_MAX)
    throw new WrongUsage(`--limit ${text}: must be a whole number from 1 to ${LIMIT_MAX}`)
  return text
}

/** A share given as 0.5 or 50%, from a tenth to all. */
export function shareOption(option: string, text: string): number {
  const [, number = '', percent] = /^(\d{1,3}(?:\.\d{1,6})?)(%?)$/.exec(text) ?? []
  const share = number === '' ? Number.NaN : percent === '%' ? Number(number) / 100 : Number(number)
  if (!(share >= 0.1 && share <= 1)) throw new WrongUsage(`${option} ${text}: must be a share from 0.1 to 1.0, or 10% to 100%`)
  return share
}

/** ms of a time given as `--from`. */
export function timeOption(option: string, text: string): number {
  const ms = parseTime(text)
  if (ms === null) throw new WrongUsage(`${option} ${text}: must be ${TIME_FORMS}`)
  return ms
}

/** Throws unless what cannot be taken back was typed twice. */
export function typedTwice(what: string, wanted: string, confirm: string): void {
  if (confirm !== wanted) throw new WrongUsage(`--confirm ${confirm}: must be the same as the ${what}, ${wanted}`)
}

export function timeText(ms: number): string {
  return new Date(ms).toISOString()
}

/** The text of a file that an option names. */
export function textOption(option: string, path: string): string {
  try {
    return readFileSync(resolve(path), 'utf8')
  } catch (error) {
    throw new WrongUsage(`${option} ${path}: cannot be read (${(error as Error).message})`)
  }
}

/** A file to write, resolved; that it cannot be written is found out before the work, not after it. */
export function fileOption(option: string, path: string): string {
  try {
    accessSync(dirname(resolve(path)), constants.W_OK)
  } catch {
    throw new WrongUsage(`${option} ${path}: its folder is missing or cannot be written`)
  }
  return resolve(path)
}

/** A number from `min` to `max`, without an exponent. */
export function numberOption(option: string, text: string, min: number, max: number): number {
  const value = /^\d{1,9}(\.\d{1,9})?$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= min && value <= max)) throw new WrongUsage(`${option} ${text}: must be a number from ${min} to ${max}`)
  return value
}

export function wholeOption(option: string, text: string, min: number, max: number): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= min && value <= max)) throw new WrongUsage(`${option} ${text}: must be a whole number from ${min} to ${max}`)
  return value
}
