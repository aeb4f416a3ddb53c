import type { Command } from 'commander'
import { loadConfig } from '@spark/server/config'
import { addExchangeKeys, exchangeKeysProblem, removeExchangeKeys, type ExchangeKeys } from '@spark/server/exchange-keys'
import { folderClock } from '@spark/server/folder-clock'
import { createExchangeKeyStore } from '@spark/server/storage/exchange-key-store'
import { VENUES, venueName } from '@spark/server/venue/venue-names'
import { askHidden, isTyped, readInput } from '../input.ts'
import { traceId, withMainDatabase } from '../main-database.ts'
import { timeText, typedTwice } from '../options.ts'
import { CheckFailed, WrongUsage, type Output } from '../output.ts'
import { table } from '../table.ts'
import { databaseIsThere } from '@spark/server/storage/postgres-url'

interface ChangeOptions {
  live?: true
  reason: string
}

/** spark keys: on the database itself, so that no key ever travels over HTTP, and before anything runs. */
export function keysCommands(program: Command, output: Output): void {
  const keys = program.command('keys').description('Exchange keys: stored encrypted, read by the executor alone, shown nowhere.')
  listCommand(keys, output)
  addCommand(keys, output)
  removeCommand(keys, output)
}

function listCommand(keys: Command, output: Output): void {
  keys
    .command('list', { isDefault: true })
    .description('For which venues keys are stored, and how the API key ends.')
    .option('--json', 'as JSON, like GET /api/keys')
    .addHelpText('after', '\nExample:\n  spark keys list')
    .action(async ({ json }: { json?: true }) => {
      const config = loadConfig()
      const stored = (db: Parameters<typeof createExchangeKeyStore>[0]) => createExchangeKeyStore(db).list()
      const items = databaseIsThere(config.databasePath) ? await withMainDatabase(config, ({ db }) => stored(db)) : []
      if (json === true) return output.line(JSON.stringify({ items }, null, 2))
      const rows = items.map(({ venue, hint, createdAt }) => [venue, `…${hint}`, timeText(createdAt)])
      output.line(table(['venue', 'API key', 'stored'], rows))
    })
}

function addCommand(keys: Command, output: Output): void {
  keys
    .command('add')
    .argument('<venue>', tradable().join(' or '))
    // Refused below: commander would repeat them.
    .allowExcessArguments()
    .description('Stores API key and secret, encrypted. Asked for without showing them, or two lines on standard input.')
    .option('--live', 'for real money; without it for the testnet')
    .option('--replace', 'in place of those that are stored')
    .option('--reason <text>', 'kept in the audit', 'by hand')
    .addHelpText(
      'after',
      '\nExamples:\n  spark keys add ccxt:binance\n  spark keys add ccxt:binance --live < /run/secrets/binance',
    )
    .action(async (choice: string, { live, replace, reason }: ChangeOptions & { replace?: true }, { args }: Command) => {
      if (args.length > 1)
        throw new WrongUsage('keys are not arguments: other users and the history of the shell would see them; take others now')
      const venue = venueOf(choice, live === true)
      const config = loadConfig()
      const given = await askForKeys(venue)
      const problem = exchangeKeysProblem(given)
      if (problem !== null) throw new WrongUsage(problem)
      const change = { venue, replace: replace === true, reason, actor: 'operator', traceId: traceId() }
      const keyFile = config.masterKeyFile
      const hint = await withMainDatabase(config, ({ db }) =>
        addExchangeKeys({ db, clock: folderClock(config), keyFile }, given, change),
      )
      if (hint === null)
        throw new CheckFailed(`keys of "${venue}" are stored already; nothing was changed. --replace puts these in their place`)
      output.line(`${venue}: stored, API key ending in ${hint}, encrypted with ${keyFile}`)
      output.note('An executor that runs takes them up when it starts again: spark restart executor')
    })
}

function removeCommand(keys: Command, output: Output): void {
  keys
    .command('remove')
    .argument('<venue>', tradable().join(' or '))
    .description('Removes the keys of a venue. It cannot be taken back, so the venue is typed twice.')
    .requiredOption('--confirm <venue>', 'the venue again')
    .option('--live', 'those for real money; without it those of the testnet')
    .option('--reason <text>', 'kept in the audit', 'by hand')
    .addHelpText('after', '\nExample:\n  spark keys remove ccxt:binance --live --confirm ccxt:binance')
    .action(async (choice: string, { live, confirm, reason }: ChangeOptions & { confirm: string }) => {
      const venue = venueOf(choice, live === true)
      typedTwice('venue', choice, confirm)
      const config = loadConfig()
      const change = { venue, reason, actor: 'operator', traceId: traceId() }
      const removed =
        databaseIsThere(config.databasePath) &&
        (await withMainDatabase(config, ({ db }) => removeExchangeKeys({ db, clock: folderClock(config) }, change)))
      if (!removed) throw new CheckFailed(`no keys are stored for "${venue}"`)
      output.line(`${venue}: removed`)
      output.note('An executor that runs goes on with them until it stops; withdraw them at the exchange too.')
    })
}

const tradable = () => VENUES.filter((venue) => venue !== 'paper')

function venueOf(choice: string, live: boolean): string {
  const venue = tradable().find((one) => one === choice)
  if (venue === undefined) throw new WrongUsage(`this venue takes no keys; those that do: ${tradable().join(', ')}`)
  return venueName(venue, live)
}

async function askForKeys(venue: string): Promise<ExchangeKeys> {
  if (isTyped()) {
    const apiKey = await askHidden(`API key of ${venue} (not shown): `)
    return { apiKey: apiKey.trim(), secret: (await askHidden('Secret (not shown): ')).trim() }
  }
  const lines = (await readInput())
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  const [apiKey, secret] = lines
  if (apiKey === undefined || secret === undefined || lines.length > 2)
    throw new WrongUsage('standard input must be two lines, the API key and the secret')
  return { apiKey, secret }
}
