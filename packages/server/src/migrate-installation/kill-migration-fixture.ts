import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { emptyPostgres } from '../storage/postgres/postgres-database-fixture.ts'
import type { TestInstallation } from './installation-fixture.ts'

const script = fileURLToPath(new URL('./migrate-until-killed.fixture.ts', import.meta.url))

/** Null: it was killed. */
type Outcome = { sent: number; differences: string[] } | null

/** Migrates in a process of its own, which ends itself after the statement of the number given. */
export async function migrateApart(
  { dataDir, databasePath, publicKey }: TestInstallation,
  url: string,
  killAt?: number,
): Promise<Outcome> {
  const given = [dataDir, databasePath, publicKey, url, ...(killAt === undefined ? [] : [String(killAt)])]
  const child = spawn(process.execPath, [script, ...given], { stdio: ['ignore', 'pipe', 'pipe'] })
  const [[code, signal], said, problem] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)])
  if (signal === 'SIGKILL') return null
  if (code !== 0) throw new Error(`migration ended with ${String(code)}: ${problem}`)
  return JSON.parse(said) as Outcome
}

/** How many statements a migration sends that nobody interrupts. */
export async function statementsOf(installation: TestInstallation): Promise<number> {
  const outcome = await migrateApart(installation, await emptyPostgres())
  if (outcome === null || outcome.differences.length > 0) throw new Error('the migration did not hold')
  return outcome.sent
}
