import type { DemoReason, Installation } from '@spark/contract/installation'

/** Why no real-money order can come from an ML decision; empty: one can. */
export function demoReasons({
  feed,
  venue,
  mode,
  executorReachable,
}: Pick<Installation, 'feed' | 'venue' | 'mode' | 'executorReachable'>): DemoReason[] {
  const reasons: [DemoReason, boolean][] = [
    ['simulated_market', feed === 'sim'],
    ['replayed_market', feed.startsWith('replay:')],
    ['paper_venue', venue === 'paper'],
    ['testnet', venue.endsWith(' testnet')],
    ['ml_off', mode === 'off'],
    ['ml_preview', mode === 'preview'],
    ['executor_offline', !executorReachable],
  ]
  return reasons.filter(([, holds]) => holds).map(([reason]) => reason)
}
