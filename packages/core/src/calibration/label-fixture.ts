import type { Label } from './labels.ts'

/** A label whose barriers lie 1 % away. For tests. */
export function labelThat(hit: boolean, costRate = 0): Label {
  const netReturn = (hit ? 0.01 : -0.01) - costRate
  const distances = { profitDistance: 0.01, stopDistance: 0.01, costRate }
  const times = { ts: 0, entryTs: 1, exitTs: 2, candlesHeld: 1 }
  const prices = { entryPrice: 100, exitPrice: 100 + (hit ? 1 : -1), atr: 1 }
  const outcome = hit ? 'profit' : 'stop'
  return { ...times, ...prices, ...distances, direction: 1, confid: 0.6, outcome, ambiguous: false, netReturn, hit }
}
