import type { DemoReason } from '@spark/contract/installation'

/** With these no order has real money, whoever decides. With the others the baseline's may have. */
const PLAY_MONEY: ReadonlySet<DemoReason> = new Set(['simulated_market', 'replayed_market', 'paper_venue', 'testnet'])

/** Whether an armed strategy's orders have real money here, and what has to be said of it. */
export function stakesOf(demo: readonly DemoReason[]): { realMoney: boolean; why: readonly DemoReason[] } {
  const play = demo.filter((reason) => PLAY_MONEY.has(reason))
  return play.length > 0 ? { realMoney: false, why: play } : { realMoney: true, why: demo }
}
