import { expect, it } from 'vitest'
import { epochProblems, epochsOf, ownerProblems, takenFromOthers, type OrderRow } from './check-owners.ts'
import { bookProblems, strategyProblems, toldOrders, type Placed, type ToldRow } from './told-orders.ts'

const row = (outbox: number, action: string, context: Omit<OrderRow['context'], 'outbox'>): OrderRow => ({
  action,
  context: { outbox, ...context },
})
const taken = (outbox: number, member: string, number: number) => row(outbox, 'lease.taken', { member, leases: { x: number } })
const sending = (outbox: number, member: string, number: number) =>
  row(outbox, 'order.sending', { member, stream: 'x', number, clientOrderId: `sp-${outbox}` })
const OWNED = [taken(1, 'a', 1), sending(2, 'a', 1), row(3, 'lease.given', { member: 'a', leases: { x: 1 } }), taken(4, 'b', 2)]

it('finds a stale owner, and what was never sent', () => {
  expect(ownerProblems([...OWNED, sending(5, 'b', 2)], ['sp-2', 'sp-5'])).toEqual([])
  expect(ownerProblems([...OWNED, sending(5, 'a', 1)], [])[0]).toContain('row 5: sp-5 was sent by a with 1')
  expect(ownerProblems(OWNED.slice(0, 3).concat(sending(4, 'a', 1)), [])[0]).toContain('x had null')
  expect(ownerProblems([...OWNED, taken(5, 'a', 2)], [])).toEqual(['row 5: x was taken by a with 2 again'])
  expect(ownerProblems(OWNED, ['sp-9'])).toEqual(['sp-9 is at the venue, and no row says that it was sent'])
  expect(ownerProblems(OWNED, ['sp-2', 'sp-2'])).toEqual(['an order is at the venue twice'])
})

it('counts what was taken from others: not what they gave, nor what was their own', () => {
  expect(takenFromOthers([...OWNED, taken(5, 'b', 3)])).toBe(0)
  expect(takenFromOthers([...OWNED, taken(5, 'a', 3)])).toBe(1)
})

it('finds an order that increases risk and was sent after its epoch', () => {
  const fence = row(10, 'rollout.rollback', { epoch: 1 })
  const sent = (outbox: number, purpose: string, epoch: number) =>
    row(outbox, 'order.sending', { purpose, epoch, clientOrderId: `sp-${outbox}` })
  // Rows need not come in their order; a command without a fence begins no epoch.
  const fine = [sent(11, 'enter', 1), sent(9, 'enter', 0), fence, row(12, 'rollout.pause', { epoch: null }), sent(13, 'exit', 0)]
  expect(epochProblems(fine)).toEqual([])
  expect(epochsOf(fine)).toEqual([1])
  expect(epochProblems([...fine, sent(14, 'enter', 0)])).toEqual([
    'row 14: sp-14 of epoch 0 was sent; epoch 1 had begun with row 10',
  ])
})

/** A strategy that has bought on one candle and sold on the next, as the audit tells it. */
const BOUGHT = { clientOrderId: 'sp-1', side: 'buy', candleTs: 60, quantity: '0.5' }
const SOLD = { clientOrderId: 'sp-2', side: 'sell', candleTs: 120, quantity: '0.5' }
const fill = (id: string, quantity: string) => ({ fill: { venue: 'paper', id, quantity } })
const told = (outbox: number, action: string, context: object): ToldRow => ({
  action,
  strategyId: 's',
  context: { outbox, ...context },
})
const ROWS = [
  told(1, 'order.reserved', BOUGHT),
  told(2, 'order.sending', BOUGHT),
  told(3, 'order.acknowledged', BOUGHT),
  told(4, 'order.partly_filled', { ...BOUGHT, ...fill('1', '0.2') }),
  told(5, 'order.filled', { ...BOUGHT, ...fill('2', '0.3') }),
  told(6, 'order.reserved', SOLD),
  told(7, 'order.sending', SOLD),
  told(8, 'order.filled', { ...SOLD, ...fill('3', '0.5') }),
]
const BOOK: Placed[] = [
  { id: 'sp-1', side: 'buy', filled: '0.50', state: 'filled' },
  { id: 'sp-2', side: 'sell', filled: '0.5', state: 'filled' },
]
const [first, second] = BOOK as [Placed, Placed]
const without = (...outbox: number[]) => ROWS.filter(({ context }) => !outbox.includes(Number(context['outbox'])))

it('finds nothing in a book and an audit that tell the same', () => {
  expect(bookProblems(toldOrders(ROWS), BOOK)).toEqual([])
  expect(strategyProblems(toldOrders(ROWS))).toEqual([])
})

it.each([
  ['an order that was filled is lost', ROWS, [first], ['sp-2: lost, the venue had it and has it no more']],
  [
    'an order that was acknowledged and never filled is lost',
    [...without(4, 5), told(9, 'order.cancelled', BOUGHT)],
    [second],
    ['sp-1: lost, the venue had it and has it no more'],
  ],
  [
    'the venue filled another quantity',
    ROWS,
    [first, { ...second, filled: '0.4' }],
    ['sp-2: the venue filled 0.4, the audit says 0.5'],
  ],
  [
    'a fill is not in the audit',
    without(4),
    BOOK,
    ['sp-1: the venue filled 0.50, the audit says 0.3', 'sp-1: order.filled with 0.3 of 0.5'],
  ],
  [
    'they end otherwise',
    ROWS,
    [first, { ...second, state: 'cancelled' }],
    ['sp-2: the venue says cancelled, the audit ends with order.filled'],
  ],
  [
    'an order has not ended',
    without(4, 5),
    [{ ...first, filled: '0', state: 'open' }, second],
    [
      'sp-1: the venue says open, the audit ends with order.acknowledged',
      'sp-1: has not ended, the audit ends with order.acknowledged',
    ],
  ],
  [
    'the audit does not have an order',
    without(6, 7, 8),
    BOOK,
    ['sp-2: the venue filled 0.5, the audit says 0', 'sp-2: the venue says filled, the audit ends with undefined'],
  ],
  ['an order is there twice', ROWS, [...BOOK, second], ['an order is at the venue twice']],
  ['a row is there twice', [...ROWS, told(7, 'order.sending', SOLD)], BOOK, ['sp-2: a row was carried over twice']],
] as const)('finds that %s', (_what, rows, book, problems) => {
  expect(bookProblems(toldOrders(rows), book)).toEqual(problems)
})

it('finds two orders of one strategy, candle and side under different ids, and one that was refused is none', () => {
  const again = { ...SOLD, clientOrderId: 'sp-3' }
  const sent = [...ROWS, told(9, 'order.sending', again)]
  expect(strategyProblems(toldOrders([...ROWS, told(9, 'order.rejected', again)]))).toEqual([])
  expect(strategyProblems(toldOrders([...sent, told(10, 'order.cancelled', again)]))).toEqual([
    's: 2 orders to sell on candle 120',
  ])
  expect(strategyProblems(toldOrders([...sent, told(10, 'order.filled', { ...again, ...fill('4', '0.5') })]))).toEqual([
    's: 2 orders to sell on candle 120',
    's: holds -0.5',
  ])
})
