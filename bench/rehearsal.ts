// The default plan of 31 hours with 120 strategies on the simulated market, rehearsed without faults and checked, each in a process
// of its own; beside it the plan that the tests rehearse, half an hour with 20 strategies.
import { once } from 'node:events'
import { rehearseScaled } from '@spark/server/rehearsal/scaled-fixture'
import { formatNumber, median } from './figure.ts'
import { startModule, startSpark } from './processes.ts'
import { bench, durationMs, progress, temporaryFolder } from './support.ts'

const SCALED = 'half an hour with 20 strategies'
const SCALED_SEEDS = 10

/** The rehearsal alone, without the start of its process. */
async function fullMs(seed: number): Promise<number> {
  const { child } = startModule('./rehearsal-round.ts', {}, [String(seed)])
  let tookMs: number | null = null
  child.once('message', (message) => (tookMs = Number(message)))
  // The channel closes after its last message.
  await once(child, 'disconnect')
  if (tookMs === null) throw new Error(`the rehearsal of seed ${seed} failed`)
  return tookMs
}

/** `spark rehearse` from its start to its end. */
async function commandMs(seed: number, folder: string): Promise<number> {
  return durationMs(async () => {
    const { child } = startSpark(['rehearse', '--seed', String(seed)], { SPARK_DATA_DIR: temporaryFolder(folder) })
    await once(child, 'exit')
    if (child.exitCode !== 0) throw new Error(`spark rehearse of seed ${seed} ended with exit code ${child.exitCode}`)
  })
}

/** Of one seed, the mean of ten. */
async function scaledMs(): Promise<number> {
  const ms = await durationMs(async () => {
    for (let seed = 1; seed <= SCALED_SEEDS; seed++) await rehearseScaled(seed, [])
  })
  return ms / SCALED_SEEDS
}

await bench({ rounds: 5 }, async ({ rounds, folder }) => {
  const full: number[] = []
  const command: number[] = []
  const scaled: number[] = []
  for (let round = 1; round <= rounds; round++) {
    full.push(await fullMs(1))
    command.push(await commandMs(1, folder))
    scaled.push(await scaledMs())
    const [whole, started, beside] = [full, command, scaled].map((values) => formatNumber(values.at(-1) ?? 0))
    progress(`rehearsal, round ${round}/${rounds}: ${whole} ms, as a command ${started} ms, against ${beside} ms`)
  }
  return [
    {
      what: 'rehearsal of the 31 h plan, 120 strategies',
      baseline: null,
      unit: 's',
      values: full.map((ms) => ms / 1000),
      target: { under: 20 },
      note: 'seed 1, simulated market, no faults, all checks and the replay of every decision included',
    },
    {
      what: 'the same as `spark rehearse`, its start and report included',
      baseline: null,
      unit: 's',
      values: command.map((ms) => ms / 1000),
      target: null,
      note: 'from the call of the program to its end',
    },
    {
      what: 'rehearsal of the 31 h plan, beside the scaled one',
      baseline: SCALED,
      unit: 'times its duration',
      values: full.map((ms, at) => ms / (scaled[at] ?? Number.NaN)),
      target: null,
      note: `${formatNumber(median(scaled))} ms for the scaled plan, which has 400 polls where the other has 231,000`,
    },
  ]
})
