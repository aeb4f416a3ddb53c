import type { AlertView } from '@spark/contract/alerts'
import { noticeText, oneLine } from '@spark/core/alert/alert-text'
import { timeText } from '../options.ts'

const CHARACTERS_MAX = 1000

/** What became of an alert since it was seen last, as lines; nothing when it was only raised once more. */
export function alertLines(before: AlertView | undefined, now: AlertView): string[] {
  // Raised and over between two looks: both are told.
  if (before === undefined) return now.state === 'firing' ? [firing(now)] : [firing(now), alertLine(now)]
  if (before.state !== now.state) return [alertLine(now)]
  if (now.state !== 'firing') return []
  if (now.escalations > before.escalations) return [lineOf(now, noticeText('escalated', now.severity, now.message))]
  return before.severity === now.severity ? [] : [firing(now)]
}

const firing = (alert: AlertView) => lineOf(alert, noticeText('raised', alert.severity, alert.message))

/** What an alert is now. */
export function alertLine(alert: AlertView): string {
  const { state, message, severity, snoozedUntil } = alert
  const by = alert.changedBy === null ? '' : ` by ${alert.changedBy}`
  if (state === 'firing') return firing(alert)
  if (state === 'resolved') return lineOf(alert, noticeText('resolved', severity, message))
  if (state === 'acknowledged') return lineOf(alert, `👀 ACKNOWLEDGED${by}: ${message}`)
  return lineOf(alert, `💤 SNOOZED${by}${snoozedUntil === null ? '' : ` until ${timeText(snoozedUntil)}`}: ${message}`)
}

function lineOf({ id }: AlertView, text: string): string {
  return `${oneLine(text, CHARACTERS_MAX)} [alert ${id}]`
}
