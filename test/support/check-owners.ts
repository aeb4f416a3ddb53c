/** A row of the chain `orders`, as far as it is looked at. */
export interface OrderRow {
  action: string
  context: {
    /** Rows are committed in the order of this number. */
    outbox: number
    member?: string
    /** Of `lease.…`: numbers by name. */
    leases?: Record<string, number>
    /** Of `order.sending`. */
    stream?: string
    number?: number
    clientOrderId?: string
    /** Of `order.<state>`: base units so far. */
    filledQuantity?: string
  }
}

/** An order in the venue's book. */
export interface VenueOrderRow {
  client_order_id: string
  filled_quantity: string
}

/**
 * What the venue's book and the audit alone say against this: every order at the venue was sent once, by the process that owned its stream
 * then; and numbers of a lease only grow.
 */
export function ownerProblems(rows: readonly OrderRow[], atVenue: readonly string[]): string[] {
  const problems: string[] = []
  const owners = new Map<string, { member: string; number: number }>()
  const numbers = new Map<string, number>()
  const sent = new Set<string>()
  for (const { action, context } of rows.toSorted((a, b) => a.context.outbox - b.context.outbox)) {
    const { outbox, member = '', leases = {}, stream = '', number = 0, clientOrderId = '' } = context
    if (action === 'lease.taken')
      for (const [name, taken] of Object.entries(leases)) {
        if (taken <= (numbers.get(name) ?? 0)) problems.push(`row ${outbox}: ${name} was taken by ${member} with ${taken} again`)
        numbers.set(name, taken)
        owners.set(name, { member, number: taken })
      }
    if (action === 'lease.given')
      for (const [name, given] of Object.entries(leases)) if (owners.get(name)?.number === given) owners.delete(name)
    if (action !== 'order.sending') continue
    const owner = owners.get(stream)
    if (owner?.member !== member || owner.number !== number)
      problems.push(
        `row ${outbox}: ${clientOrderId} was sent by ${member} with ${number}; ${stream} had ${JSON.stringify(owner ?? null)}`,
      )
    sent.add(clientOrderId)
  }
  for (const id of atVenue) if (!sent.has(id)) problems.push(`${id} is at the venue, and no row says that it was sent`)
  if (new Set(atVenue).size < atVenue.length) problems.push('an order is at the venue twice')
  return problems
}

/** Of each order the audit must end with what the venue has filled of it. */
export function fillProblems(rows: readonly OrderRow[], book: readonly VenueOrderRow[]): string[] {
  const told = new Map<string, string>()
  for (const { action, context } of rows.toSorted((a, b) => a.context.outbox - b.context.outbox))
    if (action.startsWith('order.') && context.clientOrderId !== undefined && context.filledQuantity !== undefined)
      told.set(context.clientOrderId, context.filledQuantity)
  return book
    .filter((order) => Number(told.get(order.client_order_id)) !== Number(order.filled_quantity))
    .map(
      (order) =>
        `${order.client_order_id}: the venue filled ${order.filled_quantity}, the audit says ${told.get(order.client_order_id)}`,
    )
}
