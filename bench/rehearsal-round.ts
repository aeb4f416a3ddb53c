// One rehearsal of the default plan, in a process of its own as `spark rehearse` is: tells its parent how many ms it took.
import { loadConfig } from '@spark/server/config'
import { outcomeOf } from '@spark/server/rehearsal/outcome'
import { limitOf, rehearse } from '@spark/server/rehearsal/rehearse'
import { simulatedMarket } from '@spark/server/rehearsal/markets'
import { rolloutPlanOf } from '@spark/server/rollout-plan'
import { durationMs } from './support.ts'

const seed = Number(process.argv[2])
const config = loadConfig({})
const plan = rolloutPlanOf(config.file, config.clockSpeed)
const market = simulatedMarket(config, seed)
const tookMs = await durationMs(async () => {
  const rehearsal = await rehearse({ config, plan, seed, faults: [], ceiling: 1, limitMs: limitOf(plan, []), ...market })
  const { ok, said } = outcomeOf(rehearsal, null)
  if (!ok) throw new Error(said)
})
process.send?.(tookMs)
