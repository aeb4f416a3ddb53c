import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ALERT_CODES } from '@spark/core/alert/alert-code'
import { ROOT_DIR } from '@spark/server/config'
import { CommanderError, type Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { createProgram } from './program.ts'

const read = (path: string) => readFileSync(join(ROOT_DIR, path), 'utf8')
const runbook = read('docs/runbook.md')
const PARTS = ['Means.', 'Spark has already.', 'Look.', 'Do.', 'Ends.']

/** Entries by the code that heads them. */
const entries = new Map(
  runbook
    .split(/^### /m)
    .slice(1)
    .map((text) => [/^`(\w+)`\n/.exec(text)?.[1] ?? text.slice(0, 40), text.split(/^## /m)[0] ?? '']),
)

interface Call {
  text: string
  /** A line that can be copied; between words of a sentence a call may be named without its arguments. */
  whole: boolean
}

/** What stands behind `spark` wherever a document shows it. */
function callsIn(document: string): Call[] {
  const lines = [...document.matchAll(/```(?:bash|sh)\n([\s\S]*?)```/g)].flatMap(([, block = '']) => block.split('\n'))
  const named = [...document.replaceAll(/```[\s\S]*?```/g, '').matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code)
  const behind = (line: string) => /^(?:[A-Z_]+=\S* )*(?:bin\/)?spark ([^#>|]+)/.exec(line.trim())?.[1]?.trim() ?? ''
  return [
    ...lines.map((line) => ({ text: behind(line), whole: true })),
    ...named.map((line) => ({ text: behind(line).replace(/ (MOVE|…)$/, ''), whole: false })),
  ].filter(({ text }) => text !== '' && !text.startsWith('COMMAND '))
}

const words = (call: string) => [...call.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')

const INCOMPLETE = new Set(['commander.missingArgument', 'commander.missingMandatoryOptionValue', 'commander.help'])

/** What the parser of the program says against it; null: it can be called like this. */
async function refusal({ text, whole }: Call): Promise<string | null> {
  const argv = words(text)
  const program = await createProgram({ line: () => {}, note: () => {}, write: () => Promise.resolve(true) }, argv)
  const calm = (command: Command): void => {
    command.configureOutput({ writeErr: () => {}, writeOut: () => {} }).action(() => {})
    command.commands.forEach(calm)
  }
  program.commands.forEach(calm)
  try {
    await program.parseAsync(argv, { from: 'user' })
    return null
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return !whole && INCOMPLETE.has(error.code) ? null : `spark ${text}: ${error.message}`
  }
}

/** At least so many calls are there to be judged: a document that is not read shows none. */
async function expectCalls(document: string, atLeast: number): Promise<void> {
  const calls = callsIn(document)
  expect(calls.length).toBeGreaterThan(atLeast)
  const refused: string[] = []
  for (const call of calls) {
    const said = await refusal(call)
    if (said !== null) refused.push(said)
  }
  expect(refused).toEqual([])
}

describe('the runbook', () => {
  it('has an entry for each alert that Spark raises, and for no other', () => {
    expect([...entries.keys()].sort()).toEqual([...ALERT_CODES].sort())
    const listed = [...read('docs/operations.md').matchAll(/^\| `(\w+)` \| (?:red|yellow)/gm)].map(([, code = '']) => code)
    expect(listed.sort()).toEqual([...ALERT_CODES].sort())
  })

  it.each([...entries])('says of %s what it means, what was done, where to look, what to do and when it ends', (_code, text) => {
    expect([...text.matchAll(/^\*\*(.+?)\*\*/gm)].map(([, part]) => part)).toEqual(PARTS)
    expect(callsIn(text.slice(text.indexOf('**Look.**'), text.indexOf('**Do.**'))).length).toBeGreaterThan(0)
  })

  it('shows only commands that there are', async () => {
    await expectCalls(runbook, 70)
  })
})

it('operations and README show only commands that there are', async () => {
  await expectCalls(read('docs/operations.md'), 140)
  await expectCalls(read('README.md'), 5)
})

it('so do the units and the image', async () => {
  for (const [file, called] of [
    ['systemd/spark.service', 'up'],
    ['systemd/spark-backup.service', 'backup --to /var/lib/spark-backup --keep 14'],
    ['docker/Dockerfile', 'up'],
  ] as const) {
    const given = /^(?:ExecStart=\S+\/spark|CMD) (.+)$/m.exec(read(`packaging/${file}`))?.[1]
    expect(given?.replaceAll(/[["\]]/g, '')).toBe(called)
    expect(await refusal({ text: called, whole: true })).toBe(null)
  }
})
