import type { Clock } from '../clock.ts'
import type { Misbehaviour } from '../venue/misbehaviour.ts'
import { VenueError, type Venue, type VenueOrderRequest } from '../venue/venue.ts'
import type { ActiveFaults } from './fault.ts'
import type { Life } from './life.ts'

/** How long the venue takes to hear, and to be heard again. */
const WAY_MS = { min: 5, spread: 40 }

interface FaultVenueDeps {
  life: Life
  clock: Clock
  faults: ActiveFaults
  unit: () => number
  /** When an order reaches the venue, before anything else. */
  onArrival: (request: VenueOrderRequest) => void
}

/** The venue as one life of the executor sees it: over a network, through the faults, and not any more when it is dead. */
export function faultVenue(venue: Venue, { life, clock, faults, unit, onArrival }: FaultVenueDeps): Venue {
  async function ask<T>(work: () => Promise<T>): Promise<T> {
    await clock.sleep(WAY_MS.min + unit() * WAY_MS.spread)
    if (faults.of('venue_away') !== null) throw new VenueError('unavailable', 'unreachable', 'the venue cannot be reached')
    const answer = work()
    // What was asked happens there, whether or not there is anybody left to hear of it.
    await answer.catch(() => {})
    await clock.sleep(WAY_MS.min + unit() * WAY_MS.spread)
    return answer
  }
  const seen = <T>(work: () => Promise<T>): Promise<T> => life.receive(ask(work))
  return {
    name: venue.name,
    instruments: (symbols) => venue.instruments(symbols),
    place: (request) =>
      seen(() => {
        onArrival(request)
        if (unit() < faults.strength('venue_refuses'))
          return Promise.reject(new VenueError('refused', 'insufficient_funds', 'the account may not'))
        return venue.place(request)
      }),
    cancel: (symbol, clientOrderId) => seen(() => venue.cancel(symbol, clientOrderId)),
    order: (symbol, clientOrderId) => seen(() => venue.order(symbol, clientOrderId)),
    openOrders: (symbols) => seen(() => venue.openOrders(symbols)),
    fills: (symbol, sinceMs) => seen(() => venue.fills(symbol, sinceMs)),
    balances: () => seen(() => venue.balances()),
    start: (listener) =>
      venue.start({
        onFill: (fill) => void heard(life, () => listener.onFill(fill)),
        onOrder: (order) => void heard(life, () => listener.onOrder(order)),
        onWarning: (warning) => void heard(life, () => listener.onWarning(warning)),
      }),
    // The exchange does not end with one of its clients.
    stop: () => Promise.resolve(),
  }
}

async function heard(life: Life, tell: () => void): Promise<void> {
  for (let wait = life.passage(); wait !== null; wait = life.passage()) await wait
  tell()
}

/** Sets the paper venue's misbehaviour to what the faults of the moment say. */
export function misbehave(misbehaviour: Misbehaviour, faults: ActiveFaults): void {
  misbehaviour.acceptThenTimeOut = faults.strength('venue_timeouts')
  misbehaviour.failUnplaced = faults.strength('venue_5xx')
  misbehaviour.rateLimit = faults.strength('venue_429')
  misbehaviour.clockSkew = faults.strength('venue_clock_skew')
  misbehaviour.duplicateFill = faults.strength('venue_duplicate_fills')
  misbehaviour.fillBeforeAnswer = faults.strength('venue_early_fills')
  misbehaviour.notFoundForMs = faults.strength('venue_not_found')
}
