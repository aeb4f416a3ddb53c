import { Decimal } from '@spark/core/trading/decimal'
import type { PaperTables } from '../storage/paper-tables.ts'
import type { MainTables } from '../storage/tables.ts'
import type { SharedDatabase } from './shared-database.ts'

const OPEN = ['planned', 'reserved', 'sending', 'acknowledged', 'partly_filled', 'unknown']

export function openOrders(main: SharedDatabase<MainTables>): number {
  const [row] = main.peek(`select count(*) as count from trade_order where state in (${OPEN.map(() => '?').join(', ')})`, OPEN)
  return Number(row?.['count'])
}

/** In what our book and the venue's differ, row by row, asked of neither: both are read from their tables. Empty: they agree. */
export function bookDifferences(main: SharedDatabase<MainTables>, paper: SharedDatabase<PaperTables>): string[] {
  const differences: string[] = []
  const theirs = new Map(
    paper
      .peek('select client_order_id, filled_quantity from paper_order')
      .map((row) => [String(row['client_order_id']), String(row['filled_quantity'])]),
  )
  const ours = main.peek('select client_order_id, filled_quantity, state from trade_order')
  const inside = new Map<string, Decimal>()
  for (const fill of main.peek(
    `select o.client_order_id as id, f.quantity as quantity from order_fill f join trade_order o on o.intent_id = f.intent_id where f.venue = 'inside'`,
  ))
    inside.set(String(fill['id']), new Decimal(String(fill['quantity'])).plus(inside.get(String(fill['id'])) ?? 0))
  for (const { client_order_id: id, filled_quantity: filled, state } of ours) {
    const there = theirs.get(String(id)) ?? '0'
    const booked = new Decimal(String(filled)).minus(inside.get(String(id)) ?? 0)
    if (!booked.eq(there))
      differences.push(`order ${String(id)} (${String(state)}): ours ${booked.toString()}, the venue's ${there}`)
  }
  const known = new Set(ours.map(({ client_order_id: id }) => String(id)))
  for (const id of theirs.keys()) if (!known.has(id)) differences.push(`the venue has ${id}, which our book does not have`)
  const balances = new Map(
    main.peek('select asset, amount from venue_balance').map((row) => [String(row['asset']), String(row['amount'])]),
  )
  for (const { asset, free, locked } of paper.peek('select asset, free, locked from paper_balance')) {
    const sum = new Decimal(String(free)).plus(String(locked))
    if (
      !sum
        .minus(balances.get(String(asset)) ?? 0)
        .abs()
        .lt('0.000001')
    )
      differences.push(`the venue holds ${sum.toString()} ${String(asset)}, our book ${balances.get(String(asset)) ?? '0'}`)
  }
  return differences
}
