import type { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { createProgram } from './program.ts'

const silent = { line: () => {}, note: () => {}, write: () => Promise.resolve(true) }
const program = await createProgram(silent)
const leaves = (command: Command): Command[] =>
  command.commands.length === 0 ? [command] : command.commands.flatMap((one) => leaves(one))
const pathOf = (command: Command): string =>
  command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`

/** As --help prints it. */
function helpOf(command: Command): string {
  let text = ''
  command.configureOutput({ writeOut: (piece) => void (text += piece) }).outputHelp()
  return text
}

const namesOf = ({ commands }: Command) => commands.map((command) => command.name())

describe('every command', () => {
  const commands = leaves(program)

  it('is loaded by its name, with those of its file', async () => {
    for (const name of namesOf(program)) {
      const names = namesOf(await createProgram(silent, [name, '--help']))
      expect(names).toContain(name)
      expect(names.length).toBeLessThan(4)
    }
    expect(namesOf(await createProgram(silent, ['--help']))).toEqual(namesOf(program))
  })

  it('is there', () => {
    expect(commands.map(pathOf)).toEqual(
      expect.arrayContaining(['spark up', 'spark keys add', 'spark jobs run', 'spark restore', 'spark account withdraw']),
    )
    expect(commands.length).toBeGreaterThan(35)
  })

  it.each(commands.map((command) => [pathOf(command), command] as const))(
    '%s says what it does, with an example of it',
    (path, command) => {
      expect(command.description()).toMatch(/^[A-Z"'].*[.:)]$/s)
      const examples = /\nExamples?:\n((?: {2}.+\n)+)/.exec(helpOf(command))?.[1] ?? ''
      const words = command.name() === 'list' || command.name() === 'status' ? path.replace(/ \w+$/, '') : path
      for (const line of examples.trim().split('\n')) expect(line).toContain(words)
    },
  )
})
