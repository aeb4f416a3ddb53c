import { closeSync, existsSync, fdatasyncSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { availableParallelism, cpus, platform, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { systemClock } from '@spark/server/clock'
import { quantile } from './figure.ts'

export interface Machine {
  cpu: string
  cores: number
  memoryGb: number
  kernel: string
  node: string
  sqlite: string
}

export function thisMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    kernel: `${platform()} ${release()}`,
    node: process.version,
    sqlite: sqliteVersion(),
  }
}

function sqliteVersion(): string {
  const database = new DatabaseSync(':memory:')
  const row = database.prepare('select sqlite_version() as version').get()
  database.close()
  return String(row?.['version'])
}

const SYNCS = 300

/** How long the disk under `folder` takes for 4 KiB appended and synced, as a commit does it. */
export function fsyncMs(folder: string): { p50: number; p99: number } {
  const path = join(folder, `spark-bench-fsync-${process.pid}`)
  const file = openSync(path, 'w')
  const page = Buffer.alloc(4096, 1)
  const durations: number[] = []
  for (let count = 0; count < SYNCS; count++) {
    const startedMs = systemClock.monotonicMs()
    writeSync(file, page)
    fdatasyncSync(file)
    durations.push(systemClock.monotonicMs() - startedMs)
  }
  closeSync(file)
  rmSync(path)
  return { p50: quantile(durations, 0.5), p99: quantile(durations, 0.99) }
}

export interface ProcessMemory {
  residentMb: number
  /** Shared pages divided among those who share them. */
  proportionalMb: number
  /** Heap, stacks, buffers: what no file backs. */
  anonymousMb: number
}

/** Memory of a process as the kernel accounts it (Linux, proc(5) smaps_rollup). */
export function memoryOf(pid: number): ProcessMemory {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  const mb = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]) / 1024
  return { residentMb: mb('Rss'), proportionalMb: mb('Pss'), anonymousMb: mb('Anonymous') }
}

/** Time on a processor that all threads of a process have had, ms (Linux, proc(5) schedstat); NaN where the kernel does not say. */
export function processorMsOf(pid: number): number {
  const tasks = `/proc/${pid}/task`
  if (!existsSync(`/proc/${pid}/schedstat`)) return Number.NaN
  const nanoseconds = readdirSync(tasks).map((task) => Number(readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ')[0]))
  return nanoseconds.reduce((sum, value) => sum + value, 0) / 1e6
}
