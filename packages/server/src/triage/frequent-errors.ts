import { finding } from '@spark/contract/finding'
import type { Move } from './triage-deps.ts'

const WINDOW_MIN = 15
const WINDOW_MIN_MAX = 1440
const SHOWN = 3

/** The most frequent `_err` of the audit, as the playbook's jq line counts them, over a window in minutes. */
export const frequentErrors: Move = async ({ auditReader, clock }, { value }) => {
  const minutes = value === null ? WINDOW_MIN : Number(value)
  if (!Number.isInteger(minutes) || minutes < 1 || minutes > WINDOW_MIN_MAX)
    return { code: 'bad_request', problem: `${value ?? ''} is no window; minutes from 1 to ${WINDOW_MIN_MAX}` }
  const counts = new Map<string, { count: number; last: string; action: string }>()
  let rows = 0
  for await (const item of auditReader.exportRows({ from: clock.nowMs() - minutes * 60_000, all: true })) {
    rows += 1
    if (item._err === undefined) continue
    const count = (counts.get(item._err)?.count ?? 0) + 1
    counts.set(item._err, { count, last: item.timestamp, action: item.action })
  }
  const errors = [...counts]
    .map(([code, of]) => ({ code, ...of }))
    .sort((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1))
  const total = errors.reduce((sum, { count }) => sum + count, 0)
  return {
    ok: total === 0,
    findings: [
      total === 0
        ? finding('no_errors', { rows, minutes })
        : finding('errors', { count: total, rows, minutes, kinds: errors.length }),
      ...errors.slice(0, SHOWN).map(({ code, count, last: at, action }) => finding('error', { code, count, at, action })),
    ],
    detail: { minutes, rows, errors: errors.slice(0, 100) },
  }
}
