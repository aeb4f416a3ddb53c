import type { AuditReader } from './audit-reader.ts'

/** The chain of what happens to orders; only the relay of the outbox appends to it. */
export const ORDER_WRITER = 'orders'

/** Place in the outbox of the newest event that the chain has; 0 when it has none. */
export async function lastRelayed(reader: Pick<AuditReader, 'positions' | 'since'>): Promise<number> {
  const positions = await reader.positions()
  const newest = positions[ORDER_WRITER]
  if (newest === undefined || newest === 0) return 0
  const [row] = await reader.since({ ...positions, [ORDER_WRITER]: newest - 1 }, 1)
  return Number(row?.context['outbox'] ?? 0)
}
