import { Client } from 'pg'
import { systemClock } from '../clock.ts'
import { migrateInstallation } from './migrate-installation.ts'

/**
 * Run by a test as a process of its own: migrates, and ends itself by SIGKILL when it has sent the statement of the number given. Prints
 * how many it has sent when it comes to its end.
 */
const [dataDir, databasePath, publicKey, url, killAt] = process.argv.slice(2)
if (dataDir === undefined || databasePath === undefined || publicKey === undefined || url === undefined)
  throw new Error('usage: migrate-until-killed.fixture.ts DATA_DIR DATABASE PUBLIC_KEY URL [STATEMENT]')

let sent = 0
const query = Reflect.get(Client.prototype, 'query') as (this: Client, ...given: unknown[]) => unknown
Object.assign(Client.prototype, {
  query(this: Client, ...given: unknown[]) {
    const answer = Reflect.apply(query, this, given)
    sent += 1
    // The statement is on its way; whether it is carried out nobody here hears.
    if (sent === Number(killAt)) setImmediate(() => process.kill(process.pid, 'SIGKILL'))
    return answer
  },
})

const { differences } = await migrateInstallation({
  dataDir,
  databasePath,
  publicKey,
  url,
  clock: systemClock,
  durability: 'rebuildable',
})
process.stdout.write(`${JSON.stringify({ sent, differences })}\n`)
