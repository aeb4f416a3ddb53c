import { type Kysely, sql } from 'kysely'
import { expect, it } from 'vitest'
import { systemClock } from './clock.ts'
import { loadConfig } from './config.ts'
import { createLog } from './log.ts'
import { openStorage } from './open-storage.ts'
import { auditOf } from './storage/audit/audit-location.ts'
import { ServerAppender } from './storage/audit/server-appender.ts'
import { emptyPostgres } from './storage/postgres/postgres-database-fixture.ts'
import { temporaryFolder } from './storage/temporary-folder.ts'

async function limitsOf<Tables>(db: Kysely<Tables>): Promise<string[]> {
  const { rows } = await sql<{ statement: string; lock: string }>`select current_setting('statement_timeout') as statement,
    current_setting('lock_timeout') as lock`.execute(db)
  return rows.flatMap(({ statement, lock }) => [statement, lock])
}

it('on a server a process gives a statement up after 2.5 s and an append after 2 s, whatever the address says', async () => {
  const url = `${await emptyPostgres({ durable: true })}?options=-c%20statement_timeout%3D40000`
  const config = loadConfig({ SPARK_DATA_DIR: temporaryFolder(), DATABASE_URL: url })
  const log = createLog('test', 'silent')
  const stops: (() => unknown)[] = []
  const life = { onStop: (_name: string, stop: () => unknown) => void stops.unshift(stop), stop: () => {} }
  const { database } = await openStorage({ config, clock: systemClock, log, life }, { writer: 'api-1' })
  const appender = await ServerAppender.open(url, auditOf(config), 'api-2', false)
  expect(await limitsOf(database.db)).toEqual(['2500ms', '400ms'])
  expect(await limitsOf(appender.db)).toEqual(['2s', '2s'])
  await appender.close()
  for (const stop of stops) await stop()
})
