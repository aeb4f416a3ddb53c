// All benches, or those named: node bench/run.ts [score score-postgres audit-append replay backtest learning report audit-list start-up crash-restart intents intents-postgres take-over reconcile polls rehearsal dashboard] [--full] [--write] …
// dashboard-hour takes an hour and runs only when it is named.
// Prints the tables; --write also puts them into bench/results.md, where those of other benches stay. Other options are handed on to each bench.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { systemClock } from '@spark/server/clock'
import { COLUMNS, figureCells, formatNumber, markdownTable, type Figure } from './figure.ts'
import { fsyncMs, thisMachine } from './machine.ts'
import { OPTIONS, progress } from './support.ts'

const BENCHES = [
  'score',
  'score-postgres',
  'audit-append',
  'replay',
  'backtest',
  'learning',
  'report',
  'audit-list',
  'start-up',
  'crash-restart',
  'intents',
  'intents-postgres',
  'take-over',
  'reconcile',
  'polls',
  'rehearsal',
  'dashboard',
]
/** Runs only when it is named. */
const ON_REQUEST = ['dashboard-hour']
const KNOWN = [...BENCHES, ...ON_REQUEST]
/** A bench that takes longer hangs. */
const LIMIT_MS = 2 * 3_600_000

interface Result {
  name: string
  figures: Figure[]
  fsyncP50Ms: number
}

/** Each bench in a process of its own, so that none runs in the heap another left behind. */
async function runBench(name: string, options: readonly string[], folder: string): Promise<Result> {
  const fsyncP50Ms = fsyncMs(folder).p50
  progress(`${name}: starts, fsync ${formatNumber(fsyncP50Ms)} ms`)
  const script = fileURLToPath(new URL(`./${name}.ts`, import.meta.url))
  const child = spawn(process.execPath, [script, '--json', ...options], { stdio: ['ignore', 'pipe', 'inherit'] })
  const stopChild = () => void child.kill('SIGTERM')
  process.once('SIGINT', stopChild).once('SIGTERM', stopChild)
  const cancel = systemClock.after(LIMIT_MS, stopChild)
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (text += piece))
  const [code] = (await once(child, 'close')) as [number | null]
  cancel()
  process.off('SIGINT', stopChild).off('SIGTERM', stopChild)
  if (code !== 0) throw new Error(`${name} ended with exit code ${code}`)
  return { name, figures: JSON.parse(text) as Figure[], fsyncP50Ms }
}

/** By the name of the bench. */
function sectionsOf(results: readonly Result[], commandLine: string): Map<string, string> {
  const { cpu, cores, memoryGb, kernel, node, sqlite } = thisMachine()
  const day = new Date(systemClock.nowMs()).toISOString().slice(0, 10)
  const machine = `${cpu}, ${cores} cores, ${memoryGb} GB, ${kernel}, Node ${node}, SQLite ${sqlite}`
  return new Map(
    results.map(({ name, figures, fsyncP50Ms }) => {
      const table = markdownTable(COLUMNS, figures.map(figureCells))
      const fsync = `fsync of the disk just before: ${formatNumber(fsyncP50Ms)} ms`
      return [name, `${HEADING}${name}\n\nMeasured ${day} on ${machine}; ${fsync}.\nWritten by \`${commandLine}\`.\n\n${table}\n`]
    }),
  )
}

const HEADING = '## '

/** What stands in the file already, by the name of the bench. */
function sectionsIn(text: string): Map<string, string> {
  const parts = text.split(new RegExp(`^${HEADING}`, 'm')).slice(1)
  return new Map(parts.map((part) => [part.slice(0, part.indexOf('\n')), `${HEADING}${part.trimEnd()}\n`]))
}

function document(sections: ReadonlyMap<string, string>): string {
  const all = KNOWN.map((name) => sections.get(name)).filter((section) => section !== undefined)
  const missed = all.flatMap((section) => section.split('\n').filter((line) => line.includes('**no**')))
  const summary =
    missed.length === 0
      ? 'Every target that was measured is reached.'
      : `Not reached: ${missed.map((line) => line.split(' | ')[0]?.slice(2)).join('; ')}. The notes say by how much.`
  return `# Results

One figure: \`node_modules/.bin/node bench/score.ts\`. See the head of each file in bench/ for what it does.

Values are the median of the rounds, with the lowest and the highest. Where a figure stands against another, both are measured in turn within each
round, and the value is their ratio in that round: the machine's speed cancels out, its cores do not. Load comes from another process on the same machine.

${summary}

${all.join('\n')}`
}

const given = process.argv.slice(2)
const { values, positionals } = parseArgs({ options: { ...OPTIONS, write: { type: 'boolean' } }, allowPositionals: true })
const unknown = positionals.find((name) => !KNOWN.includes(name))
if (unknown !== undefined) {
  progress(`there is no bench ${unknown}; there are ${KNOWN.join(', ')}`)
  process.exit(2)
}
const options = given.filter((argument) => !positionals.includes(argument) && argument !== '--write')

const results: Result[] = []
for (const name of positionals.length > 0 ? positionals : BENCHES)
  results.push(await runBench(name, options, values.folder ?? tmpdir()))
const sections = sectionsOf(results, ['node_modules/.bin/node bench/run.ts', ...given].join(' '))
console.log([...sections.values()].join('\n'))
if (values.write === true) {
  const path = fileURLToPath(new URL('./results.md', import.meta.url))
  writeFileSync(path, document(new Map([...sectionsIn(readFileSync(path, 'utf8')), ...sections])))
}
