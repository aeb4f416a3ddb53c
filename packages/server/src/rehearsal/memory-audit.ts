import { createHash } from 'node:crypto'
import { isOfRollout } from '../rollout/replay-rollout.ts'
import { auditItem, auditLine, type AuditEvent, type AuditItem, type AuditPosition } from '../storage/audit/audit-event.ts'
import { ORDER_WRITER } from '../storage/audit/last-relayed.ts'

/** A row that is kept. */
export interface KeptRow {
  /** `<writer>-<seq>`. */
  id: string
  ts: number
  /** ms since the rollout began. */
  sinceMs: number
  action: string
  actor: string
  context: Record<string, unknown>
}

export interface MemoryAudit {
  writer: (name: string) => { appendAll(events: readonly AuditEvent[]): Promise<AuditPosition[]> }
  /** For the relay of the outbox: how far it came. */
  reader: {
    positions(): Promise<Record<string, number>>
    since(positions: Readonly<Record<string, number>>, limit: number): Promise<(AuditItem & { writer: string; seq: number })[]>
  }
  /** Rows of the order writer that tell of rollouts, oldest first. */
  readonly rollout: readonly KeptRow[]
  /** How many rows there are of each action. */
  readonly counts: ReadonlyMap<string, number>
  /** SHA-256 over every line so far, in order. */
  digest: () => string
}

/** Characters; a call of the hash costs more than a line. */
const LINES_AT_ONCE = 65_536

/**
 * The audit of a rehearsal: every row becomes the line it would be on disk, and goes into one digest; only those that tell of
 * rollouts are kept.
 */
export function createMemoryAudit(
  nowMs: () => number,
  /** When it happened, ms since the rollout began: its row comes later, and a clock may be stepped in between. */
  sinceOf: (event: AuditEvent) => number,
  onRow: (event: AuditEvent, sinceMs: number) => void,
): MemoryAudit {
  const hash = createHash('sha256')
  const seqs = new Map<string, number>()
  const counts = new Map<string, number>()
  const rollout: KeptRow[] = []
  let lastOrderLine = ''
  /** Lines that are not in the digest yet. */
  let lines = ''
  const digestLines = () => {
    hash.update(lines)
    lines = ''
  }
  return {
    rollout,
    counts,
    writer: (writer) => ({
      appendAll(events) {
        const positions = events.map((event) => {
          const seq = (seqs.get(writer) ?? 0) + 1
          seqs.set(writer, seq)
          const line = auditLine(event, nowMs())
          lines += `${line}\n`
          if (lines.length > LINES_AT_ONCE) digestLines()
          counts.set(event.action, (counts.get(event.action) ?? 0) + 1)
          const sinceMs = sinceOf(event)
          if (writer === ORDER_WRITER) {
            lastOrderLine = line
            const { ts = nowMs(), action, actor, context } = event
            if ('rollout' in context && isOfRollout(action))
              rollout.push({ id: `${writer}-${seq}`, ts, sinceMs, action, actor, context })
          }
          onRow(event, sinceMs)
          return { writer, seq }
        })
        return Promise.resolve(positions)
      },
    }),
    reader: {
      positions: () => Promise.resolve(Object.fromEntries(seqs)),
      since(_positions, _limit) {
        const seq = seqs.get(ORDER_WRITER) ?? 0
        const item = { ...auditItem(ORDER_WRITER, seq, lastOrderLine), writer: ORDER_WRITER, seq }
        return Promise.resolve([item])
      },
    },
    digest() {
      digestLines()
      return hash.copy().digest('hex')
    },
  }
}
