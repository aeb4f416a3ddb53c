import { TIME_FORMS, parseTime } from '@spark/contract/time'
import { WrongUsage } from './output.ts'

const LIMIT_MAX = 10_000

/** The text of --limit, checked. */
export function limitOption(text: string): string {
  if (!/^[1-9]\d{0,4}$/.test(text) || Number(text) > LIMIT_MAX)
    throw new WrongUsage(`--limit ${text}: must be a whole number from 1 to ${LIMIT_MAX}`)
  return text
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
