import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { systemClock } from '@spark/server/clock'
import { createDatabaseQueue } from '@spark/server/queue/database-queue'
import { systemRandomness } from '@spark/server/random'
import { openMainDatabase, type MainDatabase } from '@spark/server/storage/open-main-database'
import { createSpark, healthy, type Spark } from '../support/spark.ts'

const PRELOAD = fileURLToPath(new URL('./kill-at-statement.ts', import.meta.url))
const POINTS_MAX = 40

interface AuditEvent {
  action: string
  traceId: string
}
interface State {
  strategies: unknown[]
  switches: unknown[]
  jobs: unknown[]
}

/** An installation whose processes can be killed at a statement, and its database as another process sees it. */
interface Under {
  spark: Spark
  database: MainDatabase
  /** The next statements are counted. */
  arm(point: number): void
  disarm(): void
}
async function withInstallation(use: (under: Under) => Promise<void>): Promise<void> {
  const spark = await createSpark()
  const file = join(spark.dataDir, 'kill-at')
  Object.assign(spark.env, { NODE_OPTIONS: `--import=${PRELOAD}`, KILL_AT_FILE: file, SPARK_LOG_LEVEL: 'error' })
  const database = await openMainDatabase({ path: spark.databasePath, thread: false })
  const under: Under = {
    spark,
    database,
    arm(point: number) {
      // Whole at once: one that is seen empty would count from nothing.
      writeFileSync(`${file}.new`, String(point))
      renameSync(`${file}.new`, file)
    },
    disarm: () => rmSync(file, { force: true }),
  }
  try {
    await use(under)
  } finally {
    await database.close()
    await spark.remove()
  }
}

/** Everything that a command may change, and the audit events. In one turn: what a killed process left is over then, done or not. */
function lookAt({ database: { db } }: Under): Promise<{ state: State; events: AuditEvent[] }> {
  return db.transaction().execute(async (trx) => ({ state: await stateOf(trx), events: await events(trx) }))
}
async function stateOf(db: MainDatabase['db']): Promise<State> {
  const [strategies, switches, jobs] = [
    await db.selectFrom('strategy').select(['id', 'status', 'pause_reason', 'capital', 'mode']).orderBy('id').execute(),
    await db.selectFrom('kill_switch').select('scope').orderBy('scope').execute(),
    await db.selectFrom('queue_job').select(['id', 'queue', 'state']).orderBy('id').execute(),
  ]
  return { strategies, switches, jobs }
}
async function events(db: MainDatabase['db']): Promise<AuditEvent[]> {
  const rows = await db.selectFrom('audit_outbox').select('event').orderBy('id').execute()
  return rows.map(({ event }) => JSON.parse(event) as AuditEvent)
}
async function deadLetter({ database: { db } }: Under): Promise<string> {
  const queue = createDatabaseQueue({ db, clock: systemClock, random: systemRandomness })
  await queue.enqueue(db, { queue: 'order', key: systemRandomness.traceId(), payload: { kind: 'send' } })
  const [job] = await queue.lease('order', { limit: 1000, leaseMs: 1 })
  if (job === undefined) throw new Error('no job')
  await queue.bury(job, 'a test', '')
  return job.id
}
const nobody = async () => ''

/** Path and body; `before` makes what the command is about, new for each death, and its answer stands for ID. */
const COMMANDS: readonly {
  path: string
  body: Record<string, unknown>
  audited: string
  before?: (under: Under) => Promise<string>
}[] = [
  {
    path: '/api/strategies/mine/pause',
    body: { reason: 'ID' },
    audited: 'strategy.paused',
    before: async () => systemRandomness.traceId(),
  },
  {
    path: '/api/strategies',
    body: { id: 'new-ID', symbol: 'BTCUSDT', tf: '1h' },
    audited: 'strategy.created',
    before: async () => systemRandomness.traceId(),
  },
  {
    path: '/api/strategies/mine',
    body: { capital: 'ID' },
    audited: 'strategy.changed',
    before: async () => String(1 + Math.floor(systemRandomness.unit() * 1e9)),
  },
  {
    path: '/api/rollout/kill',
    body: { scope: 'all', reason: 'a test' },
    audited: 'kill.set',
    async before({ database: { db } }) {
      await db.deleteFrom('kill_switch').execute()
      return ''
    },
  },
  {
    path: '/api/rollout/unkill',
    body: { scope: 'all', reason: 'a test', confirm: 'all' },
    audited: 'kill.lifted',
    async before({ database: { db } }) {
      const row = { scope: 'all', reason: '', actor: '', set_at: 1 }
      await db
        .insertInto('kill_switch')
        .values(row)
        .onConflict((conflict) => conflict.doNothing())
        .execute()
      return ''
    },
  },
  { path: '/api/flatten', body: { scope: 'all', confirm: 'all' }, audited: 'flatten.asked' },
  { path: '/api/queue/dlq/ID/redrive', body: {}, audited: 'queue.redriven', before: deadLetter },
  { path: '/api/queue/dlq/ID/discard', body: {}, audited: 'queue.discarded', before: deadLetter },
  { path: '/api/jobs/backup/run', body: {}, audited: 'job.asked' },
]

/** Calls a command of the api that dies at each of its statements in turn, until it lives. Resolves with how often it died. */
async function killAtEachStatement(
  under: Under,
  { path, body, audited, before = nobody }: (typeof COMMANDS)[number],
): Promise<number> {
  let deaths = 0
  for (let point = 1; point < POINTS_MAX; point++) {
    const api = under.spark.start('api')
    await healthy(under.spark)
    const id = await before(under)
    const traceId = systemRandomness.traceId()
    const then = JSON.stringify((await lookAt(under)).state)
    under.arm(point)
    const answered = await fetch(`${under.spark.apiUrl}${path.replace('ID', id)}`, {
      method: 'POST',
      body: JSON.stringify(body).replace('ID', id),
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${under.spark.token()}`,
        traceparent: `00-${traceId}-${'1'.repeat(16)}-01`,
      },
    }).then(
      ({ status }) => status,
      () => null,
    )
    under.disarm()
    const now = await lookAt(under)
    const told = now.events.filter((event) => event.traceId === traceId).map(({ action }) => action)
    const changed = JSON.stringify(now.state) !== then
    const what = `${path} at statement ${point}, answered ${answered}`
    // All or nothing: the change and its audit event; and what was answered is there.
    expect(told, what).toEqual(changed ? [audited] : [])
    if (answered !== null) expect([answered, changed], what).toEqual([200, true])
    api.child.kill('SIGKILL')
    await api.ended
    if (answered !== null) return deaths
    deaths += 1
  }
  throw new Error(`${path} has more than ${POINTS_MAX} statements`)
}

/** Commands of the api by the event that each leaves in the audit. */
export const KILLED_COMMANDS = COMMANDS.map(({ audited }) => audited)

/** Each of these commands has happened whole or not at all, wherever the api dies in it. Resolves with how often it died, by command. */
export async function killCommands(audited: readonly string[]): Promise<Record<string, number>> {
  const left = COMMANDS.filter((command) => audited.includes(command.audited))
  const died: Record<string, number> = {}
  const work = async (under: Under) => {
    await under.database.db
      .insertInto('strategy')
      .values({
        id: 'mine',
        name: 'mine',
        symbol: 'BTCUSDT',
        tf: '1h',
        capital: '1000',
        mode: 'paper',
        status: 'running',
        baseline: 'ema_cross',
        exposed: 0,
        pause_reason: null,
        decided_ts: 0,
        created_at: 1,
        changed_at: 1,
      })
      .execute()
    for (let command = left.shift(); command !== undefined; command = left.shift())
      died[command.audited] = await killAtEachStatement(under, command)
  }
  // Two installations at once: a killed api takes most of a second to start again.
  await Promise.all([withInstallation(work), withInstallation(work)])
  return died
}

/** `spark kill` without the api, wherever it dies: the switch with job and audit event, or nothing. Resolves with how often it died. */
export async function killSparkKill(): Promise<number> {
  let deaths = 0
  await withInstallation(async (under) => {
    for (let point = 1; point < POINTS_MAX; point++) {
      await under.database.db.deleteFrom('kill_switch').execute()
      const then = await lookAt(under)
      under.arm(point)
      const { code, stdout } = await under.spark.run('kill', 'all', '--reason', 'a test')
      under.disarm()
      const { state, events: told } = await lookAt(under)
      const seen = [state.switches.length, state.jobs.length - then.state.jobs.length, told.length - then.events.length]
      expect(
        [
          [0, 0, 0],
          [1, 1, 1],
        ],
        `at statement ${point}: ${seen.join()}`,
      ).toContainEqual(seen)
      if (code === 0) {
        expect(stdout).toContain('killed')
        expect(seen).toEqual([1, 1, 1])
        break
      }
      deaths += 1
    }
  })
  return deaths
}
