import type { NoticeKind } from '@spark/core/alert/alert'
import { noticeText } from '@spark/core/alert/alert-text'
import type { Notice } from '../storage/alert-notice-store.ts'
import type { Message } from './channels.ts'

/** Telegram takes 4,096 characters; the others more. */
const TEXT_CHARACTERS_MAX = 3500
const LINES_MAX = 10

/** One message of everything in a group, the worst first. Null when there is nothing in it. */
export function alertMessage(notices: readonly Notice[]): Message | null {
  const sorted = notices.toSorted((a, b) => rankOf(a) - rankOf(b))
  const [worst] = sorted
  if (worst === undefined) return null
  const { ts, severity, code, scope, message } = worst
  return { ts, severity, code, scope, message, text: textOf(sorted), alerts: sorted }
}

function textOf(notices: readonly Notice[]): string {
  const shown = notices.slice(0, LINES_MAX)
  const charactersMax = Math.floor(TEXT_CHARACTERS_MAX / shown.length)
  const lines = shown.map(({ kind, severity, message }) => {
    const line = noticeText(kind, severity, message)
    return line.length <= charactersMax ? line : `${line.slice(0, charactersMax - 1)}…`
  })
  const left = notices.length - shown.length
  return [...lines, ...(left > 0 ? [`… and ${left} more: spark alerts list`] : [])].join('\n')
}

const RANKS: Record<NoticeKind, number> = { escalated: 0, raised: 1, still: 2, resolved: 20 }

function rankOf({ kind, severity }: Notice): number {
  return RANKS[kind] + (severity === 'yellow' ? 10 : 0)
}
