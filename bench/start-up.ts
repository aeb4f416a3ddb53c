// `spark up` from its start until api and executor are healthy, and what both take at rest.
import { existsSync } from 'node:fs'
import { systemClock } from '@spark/server/clock'
import { formatNumber, median, type Figure } from './figure.ts'
import { memoryOf, type ProcessMemory } from './machine.ts'
import { sparkUp, type SparkUp } from './spark-up.ts'
import { bench, progress, temporaryFolder } from './support.ts'

interface Round {
  up: SparkUp
  memory: { api: ProcessMemory; executor: ProcessMemory; supervisor: ProcessMemory } | null
}

/** A page of the program file that both use is counted once, whoever else on the machine uses it too. */
function together(first: ProcessMemory, second: ProcessMemory): number {
  const files = Math.max(first.residentMb - first.anonymousMb, second.residentMb - second.anonymousMb)
  return first.anonymousMb + second.anonymousMb + files
}

function startFigure(what: string, rounds: readonly Round[], targeted: boolean, note: string): Figure {
  const of = (pick: (up: SparkUp) => number) => formatNumber(median(rounds.map(({ up }) => pick(up))))
  return {
    what,
    baseline: null,
    unit: 'ms',
    values: rounds.map(({ up }) => up.healthyMs),
    target: targeted ? { under: 3000 } : null,
    note: `api ${of((up) => up.apiHealthyMs)} ms, executor ${of((up) => up.executorHealthyMs)} ms; ${note}`,
  }
}

function memoryFigures(rounds: readonly Round[], restSeconds: number): Figure[] {
  const memories = rounds.flatMap(({ memory }) => memory ?? [])
  if (memories.length === 0) return []
  const of = (pick: (memory: (typeof memories)[number]) => number) => formatNumber(median(memories.map(pick)))
  return [
    {
      what: `memory of api and executor, ${restSeconds} s at rest`,
      baseline: null,
      unit: 'MB',
      values: memories.map(({ api, executor }) => together(api, executor)),
      target: { under: 300 },
      note:
        `pages both use counted once; resident: api ${of(({ api }) => api.residentMb)}, executor ${of(({ executor }) => executor.residentMb)} MB; ` +
        `proportional: ${of(({ api }) => api.proportionalMb)} and ${of(({ executor }) => executor.proportionalMb)} MB`,
    },
    {
      what: 'memory of the supervisor besides',
      baseline: null,
      unit: 'MB',
      values: memories.map(({ supervisor }) => supervisor.anonymousMb),
      target: null,
      note: `its own pages; resident ${of(({ supervisor }) => supervisor.residentMb)} MB`,
    },
  ]
}

await bench({ rounds: 5, roundMs: 30_000 }, async ({ rounds, roundMs: restMs, folder }) => {
  const measured = { first: [] as Round[], again: [] as Round[] }
  // The round before the first brings the files into the page cache: what is measured is Spark, not the disk.
  for (let round = 0; round <= rounds; round++) {
    const dataDir = temporaryFolder(folder)
    const env = { NODE_COMPILE_CACHE: temporaryFolder(folder) }
    const first = await sparkUp(dataDir, env)
    await first.stop()
    const up = await sparkUp(dataDir, env)
    let memory: Round['memory'] = null
    if (existsSync('/proc/self/smaps_rollup') && round > 0) {
      await systemClock.sleep(restMs)
      memory = { api: memoryOf(up.apiPid), executor: memoryOf(up.executorPid), supervisor: memoryOf(up.supervisorPid) }
    }
    await up.stop()
    progress(`start-up, round ${round}/${rounds}: ${formatNumber(first.healthyMs)} ms, again ${formatNumber(up.healthyMs)} ms`)
    if (round === 0) continue
    measured.first.push({ up: first, memory: null })
    measured.again.push({ up, memory })
  }
  return [
    startFigure(
      'spark up to both healthy',
      measured.again,
      true,
      'on the data folder and compiled code of the run before, files in the page cache',
    ),
    startFigure(
      'spark up to both healthy, first time',
      measured.first,
      false,
      'empty data folder and no compiled code kept, as after npm ci',
    ),
    ...memoryFigures(measured.again, restMs / 1000),
  ]
})
