import { expect } from 'vitest'
import { Decimal } from '@spark/core/trading/decimal'
import type { AuditLocation } from '@spark/server/storage/audit/audit-location'
import { openAuditReader } from '@spark/server/storage/audit/audit-reader'
import { verifyAudit } from '@spark/server/storage/audit/verify-audit'
import { openPaperBook } from '@spark/server/storage/open-paper-book'
import {
  bookProblems,
  strategyProblems,
  sumOf,
  toldOrders,
  type Placed,
  type Told,
  type ToldRow,
} from '../support/told-orders.ts'

/** Where a life kept everything. */
export interface Place {
  folder: string
  databasePath: string
  /** Of the venue. */
  bookPath: string
}

/** Reads only the venue's book and the audit, when everything has ended: no order twice, none lost, and both tell the same. */
export async function checkBooks({ folder, databasePath, bookPath }: Place): Promise<void> {
  const location = { dataDir: folder, databasePath }
  const told = await readAudit(location)
  const { orders, held } = await readVenue(bookPath)
  expect(orders.length, 'orders at the venue').toBeGreaterThan(0)
  expect(bookProblems(told, orders)).toEqual([])
  expect(strategyProblems(told)).toEqual([])
  const all = [...told.values()].flatMap(({ side, fills }) => fills.map((fill) => ({ side, ...fill })))
  const net = sumOf(all.map(({ side, quantity }) => (side === 'buy' ? quantity : `-${quantity}`)))
  expect(net.toString(), 'what is held').toBe(held)
  const inside = (side: string) =>
    sumOf(all.filter((one) => one.venue === 'inside' && one.side === side).map((one) => one.quantity))
  expect(inside('buy').toString(), 'what met inside').toBe(inside('sell').toString())
  expect((await verifyAudit(location)).problems).toEqual([])
}

async function readVenue(path: string): Promise<{ orders: Placed[]; held: string }> {
  const { db, close } = await openPaperBook({ path, thread: false })
  const orders = await db
    .selectFrom('paper_order')
    .select(['client_order_id as id', 'side', 'filled_quantity as filled', 'state'])
    .execute()
  const balance = await db.selectFrom('paper_balance').select(['free', 'locked']).where('asset', '=', 'LTC').executeTakeFirst()
  await close()
  return { orders, held: new Decimal(balance?.free ?? 0).plus(balance?.locked ?? 0).toString() }
}

async function readAudit(location: AuditLocation): Promise<Map<string, Told>> {
  const reader = openAuditReader({ ...location, thread: false })
  const rows: ToldRow[] = []
  for await (const row of reader.exportRows({ all: true })) rows.push(row)
  await reader.close()
  return toldOrders(rows)
}
