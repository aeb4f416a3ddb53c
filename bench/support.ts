import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { systemClock } from '@spark/server/clock'
import { COLUMNS, figureCells, markdownTable, type Figure } from './figure.ts'

/** What every bench takes on its command line. */
export interface BenchOptions {
  rounds: number
  /** Length of one timed stretch, for benches that work for a time; others do a fixed amount. */
  roundMs: number
  /** Also what takes long: 10,000,000 rows, sustained load. */
  full: boolean
  /** Folder for temporary data: its disk is the one that is measured. */
  folder: string
  /** Where audit-list leaves what it builds, and finds it again; null: it builds anew and removes it. */
  keep: string | null
}

/** As on the command line. */
export const OPTIONS = {
  rounds: { type: 'string' },
  'round-ms': { type: 'string' },
  full: { type: 'boolean' },
  folder: { type: 'string' },
  keep: { type: 'string' },
  json: { type: 'boolean' },
} as const

type Ending = () => Promise<void> | void
const endings: Ending[] = []
let ended: Promise<void> | null = null

/** Called when the bench ends, also by a signal or an error; the last registered first. */
export function atEnd(ending: Ending): void {
  endings.push(ending)
}

function endAll(): Promise<void> {
  ended ??= (async () => {
    for (const ending of endings.toReversed()) await ending()
  })()
  return ended
}

/** Runs one bench: options in, figures out on standard output, as a table or with --json as one line of JSON. */
export async function bench(
  defaults: { rounds: number; roundMs?: number },
  measure: (options: BenchOptions) => Promise<Figure[]>,
): Promise<void> {
  const { values } = parseArgs({ options: OPTIONS })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      process.exitCode = 130
      void endAll().then(() => process.exit())
    })
  }
  try {
    const figures = await measure({
      rounds: wholeNumber('rounds', values.rounds, defaults.rounds),
      roundMs: wholeNumber('round-ms', values['round-ms'], defaults.roundMs ?? 1000),
      full: values.full ?? false,
      folder: values.folder ?? tmpdir(),
      keep: values.keep ?? null,
    })
    console.log(values.json ? JSON.stringify(figures) : markdownTable(COLUMNS, figures.map(figureCells)))
  } finally {
    await endAll()
  }
}

function wholeNumber(name: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} ${text}: must be a whole number above 0`)
  return value
}

/** A new folder that is removed when the bench ends. */
export function temporaryFolder(parent: string): string {
  const folder = mkdtempSync(join(parent, 'spark-bench-'))
  atEnd(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export function progress(text: string): void {
  console.error(text)
}

/** How long `work` takes. */
export async function durationMs(work: () => Promise<unknown> | void): Promise<number> {
  const startedMs = systemClock.monotonicMs()
  await work()
  return systemClock.monotonicMs() - startedMs
}

/** Asks until `holds` is true; throws with `what` after `limitMs`. */
export async function until(what: string, limitMs: number, periodMs: number, holds: () => Promise<boolean>): Promise<void> {
  const deadlineMs = systemClock.monotonicMs() + limitMs
  while (!(await holds())) {
    if (systemClock.monotonicMs() > deadlineMs) throw new Error(`${what}: not within ${limitMs} ms`)
    await systemClock.sleep(periodMs)
  }
}
