/** Red: somebody must look now. Yellow: somebody should know. */
export type Severity = 'red' | 'yellow'

export const ALERT_STATES = ['firing', 'acknowledged', 'snoozed', 'resolved'] as const
export type AlertState = (typeof ALERT_STATES)[number]

/** One alert from when it was raised until it is over, however often it was raised meanwhile. */
export interface Alert {
  severity: Severity
  message: string
  state: AlertState
  /** When it was raised first, and last, ms. */
  ts: number
  lastTs: number
  /** How often it was raised. */
  count: number
  snoozedUntil: number | null
  resolvedTs: number | null
  /** False while it came back so soon that nobody was told again. */
  told: boolean
  /** When to look at it again, ms: to escalate it, or because its snooze is over. */
  lookTs: number | null
  /** How often it was told again because nobody acknowledged it. */
  escalations: number
}

export interface AlertPolicy {
  /** A red alert that nobody acknowledged for so long is told again, escalated; ms. */
  escalateAfterMs: number
  /** From then on so often, ms. */
  repeatMs: number
}

/** What people are told. `still`: it fires, and was silent for a while. */
export type NoticeKind = 'raised' | 'still' | 'escalated' | 'resolved'

/** What the audit keeps; being raised once more is not worth a row. */
export type AlertEvent = 'raised' | 'reopened' | 'escalated' | 'snooze_over' | 'acknowledged' | 'snoozed' | 'resolved'

export interface AlertStep {
  alert: Alert
  event: AlertEvent | null
  notice: NoticeKind | null
}

/** Back within this time is the same alert: opened again and not told anew, because flapping is one matter. */
export const REOPEN_MS = 600_000
/** Raised again after so long a silence it happened again: told again. */
export const AGAIN_MS = 600_000
/** Likewise when somebody has acknowledged it; longer than the silence between two reports of one lasting cause. */
export const ACKNOWLEDGED_AGAIN_MS = 4 * 3_600_000

/** `before`: the newest alert of its code and scope, or null. `fresh`: the answer is another alert than `before`. */
export function raise(
  before: Alert | null,
  { severity, message }: Pick<Alert, 'severity' | 'message'>,
  policy: AlertPolicy,
  nowMs: number,
): AlertStep & { fresh: boolean } {
  if (before === null || (before.state === 'resolved' && nowMs - (before.resolvedTs ?? 0) > REOPEN_MS)) {
    const times = { ts: nowMs, lastTs: nowMs, count: 1, snoozedUntil: null, resolvedTs: null, escalations: 0 }
    return { ...fired({ severity, message, state: 'firing', told: true, lookTs: null, ...times }, policy, nowMs), fresh: true }
  }
  const counted = { ...before, count: before.count + 1, lastTs: nowMs }
  if (before.state === 'resolved') return { ...reopened(counted, { severity, message }, policy, nowMs), fresh: false }
  if (severity === 'red' && before.severity === 'yellow')
    return { ...fired({ ...counted, severity, message, escalations: 0, lookTs: null }, policy, nowMs), fresh: false }
  // A milder word does not hide the harsher one.
  const alert = severity === before.severity ? { ...counted, message } : counted
  const silentMs = nowMs - before.lastTs
  const again =
    (before.state === 'firing' && silentMs > AGAIN_MS) || (before.state === 'acknowledged' && silentMs > ACKNOWLEDGED_AGAIN_MS)
  return { ...(again ? fired(alert, policy, nowMs) : { alert, event: null, notice: null }), fresh: false }
}

function fired(alert: Alert, policy: AlertPolicy, nowMs: number): AlertStep {
  const lookTs = alert.severity === 'red' ? (alert.lookTs ?? nowMs + policy.escalateAfterMs) : null
  return {
    alert: { ...alert, state: 'firing', told: true, snoozedUntil: null, lookTs },
    event: 'raised',
    notice: 'raised',
  }
}

/** Silent at first; told when it has stayed, or at once when it is worse than before. */
function reopened(counted: Alert, raised: Pick<Alert, 'severity' | 'message'>, policy: AlertPolicy, nowMs: number): AlertStep {
  const worse = raised.severity === 'red' && counted.severity === 'yellow'
  const alert: Alert = { ...counted, ...raised, state: 'firing', resolvedTs: null, escalations: 0, told: worse }
  return {
    alert: { ...alert, lookTs: nowMs + policy.escalateAfterMs },
    event: 'reopened',
    notice: worse ? 'raised' : null,
  }
}

/** Somebody knows, and it is not told again while it lasts. Null when it is over. */
export function acknowledge(before: Alert): AlertStep | null {
  if (before.state === 'resolved') return null
  const alert: Alert = { ...before, state: 'acknowledged', snoozedUntil: null, lookTs: null }
  return { alert, event: 'acknowledged', notice: null }
}

/** Silent until `untilMs`; then it fires again if it is not over. Null when it is over. */
export function snooze(before: Alert, untilMs: number): AlertStep | null {
  if (before.state === 'resolved') return null
  const alert: Alert = { ...before, state: 'snoozed', snoozedUntil: untilMs, lookTs: untilMs }
  return { alert, event: 'snoozed', notice: null }
}

/** Its cause is over. Those who were told of it are told; of a snoozed one nobody wants to hear. Null when it is over already. */
export function resolve(before: Alert, nowMs: number): AlertStep | null {
  if (before.state === 'resolved') return null
  const alert: Alert = { ...before, state: 'resolved', resolvedTs: nowMs, snoozedUntil: null, lookTs: null }
  return { alert, event: 'resolved', notice: before.told && before.state !== 'snoozed' ? 'resolved' : null }
}

/** Its time may have come. Null when there is nothing to do. */
export function look(before: Alert, policy: AlertPolicy, nowMs: number): AlertStep | null {
  if (before.lookTs === null || nowMs < before.lookTs) return null
  const alert: Alert = { ...before, state: 'firing', told: true, snoozedUntil: null, lookTs: null }
  if (before.state === 'snoozed') {
    const lookTs = before.severity === 'red' ? nowMs + policy.escalateAfterMs : null
    return { alert: { ...alert, lookTs }, event: 'snooze_over', notice: 'still' }
  }
  if (before.state !== 'firing') return null
  if (before.severity === 'yellow') return { alert, event: null, notice: 'still' }
  const escalated = { ...alert, escalations: before.escalations + 1, lookTs: nowMs + policy.repeatMs }
  return { alert: escalated, event: 'escalated', notice: 'escalated' }
}
