import { expect, it } from 'vitest'
import { stakesOf } from './stakes.ts'

it('money is real unless market or venue are not, whatever ML does', () => {
  expect(stakesOf([])).toEqual({ realMoney: true, why: [] })
  expect(stakesOf(['ml_preview'])).toEqual({ realMoney: true, why: ['ml_preview'] })
  expect(stakesOf(['executor_offline'])).toEqual({ realMoney: true, why: ['executor_offline'] })
  expect(stakesOf(['testnet', 'ml_off'])).toEqual({ realMoney: false, why: ['testnet'] })
  expect(stakesOf(['simulated_market', 'paper_venue', 'ml_preview'])).toEqual({
    realMoney: false,
    why: ['simulated_market', 'paper_venue'],
  })
})
