/** A row of the chain `orders`, as far as it is looked at. */
export interface OrderRow {
  action: string
  strategyId?: string | null
  context: {
    /** Rows are committed in the order of this number. */
    outbox: number
    member?: string
    /** Of `lease.…`: numbers by name. */
    leases?: Record<string, number>
    /** Of `order.sending`. */
    stream?: string
    number?: number
    /** Of `order.…`. */
    clientOrderId?: string
    purpose?: string
    /** Of `order.…`: in which it was decided. Of `rollout.…`: the one that a fence began, if there was one. */
    epoch?: number | null
  }
}

const inOrder = (rows: readonly OrderRow[]): OrderRow[] => rows.toSorted((a, b) => a.context.outbox - b.context.outbox)

/** Who owns each name, row by row; `taken` hears who took one, and who owned it until then. */
function follow(
  owners: Map<string, { member: string; number: number }>,
  { action, context: { member = '', leases = {} } }: OrderRow,
  taken: (name: string, number: number, before: string | null) => void,
): void {
  for (const [name, number] of Object.entries(leases)) {
    if (action === 'lease.given' && owners.get(name)?.number === number) owners.delete(name)
    if (action !== 'lease.taken') continue
    taken(name, number, owners.get(name)?.member ?? null)
    owners.set(name, { member, number })
  }
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
  for (const row of inOrder(rows)) {
    const { outbox, member = '', stream = '', number = 0, clientOrderId = '' } = row.context
    follow(owners, row, (name, taken) => {
      if (taken <= (numbers.get(name) ?? 0)) problems.push(`row ${outbox}: ${name} was taken by ${member} with ${taken} again`)
      numbers.set(name, taken)
    })
    if (row.action !== 'order.sending') continue
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

/** Nothing that increases risk was sent under an epoch when a newer one had begun. */
export function epochProblems(rows: readonly OrderRow[]): string[] {
  const problems: string[] = []
  let newest = { epoch: -1, outbox: 0 }
  for (const { action, context } of inOrder(rows)) {
    const { outbox, clientOrderId = '', purpose } = context
    const epoch = context.epoch ?? -1
    if (action.startsWith('rollout.') && epoch > newest.epoch) newest = { epoch, outbox }
    if (action === 'order.sending' && purpose === 'enter' && epoch < newest.epoch)
      problems.push(
        `row ${outbox}: ${clientOrderId} of epoch ${epoch} was sent; epoch ${newest.epoch} had begun with row ${newest.outbox}`,
      )
  }
  return problems
}

/** Epochs that began. */
export function epochsOf(rows: readonly OrderRow[]): number[] {
  return rows.filter(({ action }) => action.startsWith('rollout.')).flatMap(({ context: { epoch } }) => epoch ?? [])
}

/** How often somebody took what another had and had not given away. */
export function takenFromOthers(rows: readonly OrderRow[]): number {
  const owners = new Map<string, { member: string; number: number }>()
  let count = 0
  for (const row of inOrder(rows))
    follow(owners, row, (_name, _number, before) => {
      if (before !== null && before !== row.context.member) count += 1
    })
  return count
}
