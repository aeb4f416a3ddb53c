import { expect, it } from 'vitest'
import { KILLED_COMMANDS, killCommands } from './kill-commands.ts'

it('killed at each of its statements, every command of the api has happened whole or not at all, and its audit event with it', async () => {
  const died = await killCommands(KILLED_COMMANDS)
  console.log(`killed commands: ${JSON.stringify(died)}`)
  expect(Object.keys(died)).toHaveLength(KILLED_COMMANDS.length)
  for (const deaths of Object.values(died)) expect(deaths).toBeGreaterThanOrEqual(5)
})
