// kill -9 of the api under `spark up`, until the next one is healthy.
import { systemClock } from '@spark/server/clock'
import { formatNumber, type Figure } from './figure.ts'
import { healthy } from './processes.ts'
import { sparkUp } from './spark-up.ts'
import { bench, progress, temporaryFolder } from './support.ts'

await bench({ rounds: 7 }, async ({ rounds, folder }) => {
  const durations: number[] = []
  // Each round is a run of its own: the supervisor waits longer after every further crash.
  for (let round = 0; round <= rounds; round++) {
    const up = await sparkUp(temporaryFolder(folder))
    const killedMs = systemClock.monotonicMs()
    process.kill(up.apiPid, 'SIGKILL')
    await healthy(up.apiUrl, up.apiPid)
    const durationMs = systemClock.monotonicMs() - killedMs
    await up.stop()
    progress(`crash restart, round ${round}/${rounds}: ${formatNumber(durationMs)} ms`)
    if (round > 0) durations.push(durationMs)
  }
  const figure: Figure = {
    what: 'kill -9 of the api to healthy again',
    baseline: null,
    unit: 'ms',
    values: durations,
    target: { under: 3000 },
    note: 'the first crash of a run; 125 to 250 ms of it are the supervisor waiting before it starts the process again',
  }
  return [figure]
})
