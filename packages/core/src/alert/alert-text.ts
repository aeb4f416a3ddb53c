import type { NoticeKind, Severity } from './alert.ts'

const SIGNS: Record<Severity | 'info', string> = { red: '🚨 RED ALERT', yellow: '⚠️ YELLOW WARNING', info: 'ℹ️ Spark' }

/** One line, as the playbook prints it. */
export function signedText(severity: Severity | 'info', message: string): string {
  return `${SIGNS[severity]}: ${message}`
}

/** What people read of an alert that begins, goes on or ends. */
export function noticeText(kind: NoticeKind, severity: Severity, message: string): string {
  if (kind === 'resolved') return `✅ RESOLVED: ${message}`
  if (kind === 'escalated') return `🚨 ESCALATED RED ALERT: ${message}`
  return signedText(severity, kind === 'still' ? `${message} (still firing)` : message)
}

/** Control characters, line ends and marks that turn the direction of writing: what could fake lines or drive a terminal. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]+/gu

/** Text from outside as one line that is safe in logs and on terminals, of at most `charactersMax`. */
export function oneLine(text: string, charactersMax: number): string {
  const characters = Array.from(text.replaceAll(UNPRINTABLE, ' ').trim())
  if (characters.length <= charactersMax) return characters.join('')
  return `${characters
    .slice(0, charactersMax - 1)
    .join('')
    .trimEnd()}…`
}
