import { Decimal, type DecimalText } from '../trading/decimal.ts'
import { murmur3 } from '../stats/murmur3.ts'

/** A strategy as it stood when the rollout started; frozen then. */
export interface Member {
  strategyId: string
  capital: DecimalText
  /** On the canary stream: these join first. */
  canary: boolean
}

/** Members in the order they join: canary stream first, then by murmur3 of `rolloutId|strategyId`, then by id. */
export function rankMembers(rolloutId: string, members: readonly Member[]): Member[] {
  const hashed = members.map((member) => ({ member, hash: murmur3(`${rolloutId}|${member.strategyId}`) }))
  return hashed
    .sort(
      (a, b) =>
        Number(b.member.canary) - Number(a.member.canary) ||
        a.hash - b.hash ||
        (a.member.strategyId < b.member.strategyId ? -1 : 1),
    )
    .map(({ member }) => member)
}

/**
 * How many members, from the first one on, a share exposes: the longest prefix of at most that share of the members and of the
 * capital. A prefix ends at the first member that does not fit, so that exposure only grows with the share.
 */
export function exposedCount(ranked: readonly Member[], share: number): number {
  const total = ranked.reduce((sum, { capital }) => sum.plus(capital), new Decimal(0))
  const most = total.times(share)
  // 0.1 of 10 members is one: a float product may lie a hair below it.
  const countMost = Math.floor(new Decimal(share).times(ranked.length).toNumber())
  let sum = new Decimal(0)
  let count = 0
  for (const { capital } of ranked) {
    sum = sum.plus(capital)
    if (count >= countMost || sum.gt(most)) break
    count += 1
  }
  return count
}
