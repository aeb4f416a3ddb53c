import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const common = {
  pool: 'threads',
  isolate: false,
  testTimeout: 30_000,
  hookTimeout: 30_000,
  provide: { onPostgres: false },
} as const

/** Whole processes without a limit in real time but their own: they run beside the unit tests, which would else wait for none. */
const PATIENT = ['test/system/trading.test.ts', 'test/crash/kill-{order-path*,commands}.test.ts']
const KILL_HOSTS = 'test/crash/kill-hosts.test.ts'

/** Clocks that run 60 times as fast make a busy machine 60 times as slow: they run one after the other, beside nothing. */
const FAST_CLOCK = [
  'test/browser/rollout-story.test.ts',
  'test/system/clock-speed.slow.test.ts',
  'test/system/gates.test.ts',
  'test/system/hosts.slow.test.ts',
  'test/system/postgres.test.ts',
  'test/system/postgres-faults.slow.test.ts',
]

/** What is said of stores, queues and contracts on SQLite holds on PostgreSQL: these run on both. */
const ON_BOTH = [
  'packages/server/src/queue/database-queue.test.ts',
  'packages/server/src/storage/{*-store,audit-outbox,verdict-history}.test.ts',
  'packages/server/src/storage/audit/audit-{reader,snapshot,writer}.test.ts',
  'packages/server/src/storage/audit/{checkpoint-store,retain-audit}.test.ts',
  'packages/server/src/notify/alerts.test.ts',
  'packages/server/src/venue/paper-venue.test.ts',
  'packages/server/src/accounts/sign-in-limits.test.ts',
  'packages/server/src/api/request-counts.test.ts',
  'packages/server/src/bind-signing-key.test.ts',
  // Fence, limits, exposure and positions. Not what takes longer there than 10 s and rests on the same stores: decision 33.
  'packages/server/src/rollout/{champion-follows,decide-rollout,plan-digest,rollout-alerts,rollout-counts,tick-facts}.test.ts',
  'packages/server/src/controller/run-rollout.test.ts',
  'packages/server/src/executor/group/lease-group.test.ts',
  'packages/server/src/executor/{audit,candle}-retention.test.ts',
  'packages/server/src/executor/orders/{audit-relay,changed-limits,kill-and-flatten,limits,order-alerts,order-path,ownership,planner,reconcile-venue}.test.ts',
]

/** Not with installations on PostgreSQL: what is about files of the data folder by nature. Simulation and units: decision 33. */
const OF_FILES = [
  // Locks database files, fills the disk they are on, and takes them away; for a server: postgres-faults.slow.test.ts.
  'test/system/storage-failures.test.ts',
  // Copies database files and puts them back; a server has tools of its own for that.
  'test/cli/backup.test.ts',
]

/** The longest: begun last, they would keep one processor waiting for the other. */
const FIRST = [
  'crash/kill-hosts',
  'system/trading',
  'crash/kill-order-path',
  'crash/kill-commands',
  'rehearsal/seeds',
  'system/deploy',
  'crash/kill-api',
]

/** Files in random order, but for those that take longest. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const at = FIRST.findIndex((part) => moduleId.includes(part))
      return at === -1 ? FIRST.length + Math.random() : at
    }
    const placed = files.map((file) => ({ file, place: place(file) }))
    return placed.sort((a, b) => a.place - b.place).map(({ file }) => file)
  }
}

// The first of the patient waits two minutes for candles: one worker more than processors.
const first = { groupOrder: 0 }
const maxWorkers = availableParallelism() + 1

const onPostgres = { ...common, name: 'postgres', include: ON_BOTH, provide: { onPostgres: true }, maxWorkers, sequence: first }

const installationsOnPostgres = process.env['SPARK_TEST_POSTGRES'] === '1'
const not = (...files: string[]) => files.map((file) => `!${file}`)
const left = installationsOnPostgres ? not(...OF_FILES) : []
// Where the others are on a server too, signals would be too old before there is a turn to send them.
const patient = installationsOnPostgres ? PATIENT : [...PATIENT, KILL_HOSTS]
const oneByOne = installationsOnPostgres ? [...FAST_CLOCK, KILL_HOSTS] : FAST_CLOCK
const unit = { ...common, name: 'unit', include: ['packages/*/src/**/*.test.ts'], maxWorkers, sequence: first }

export default defineConfig({
  test: {
    sequence: { shuffle: { files: false, tests: true }, sequencer: LongestFirst },
    projects: [
      { test: { ...common, name: 'patient', include: [...patient, ...left], maxWorkers, sequence: first } },
      ...(installationsOnPostgres ? [] : [{ test: unit }]),
      { test: onPostgres },
      // Two files at a time: most of them wait for clocks and candles most of the time, and three would break their limits.
      {
        test: {
          ...common,
          name: 'system',
          include: ['test/**/*.test.ts', ...not(...patient, ...oneByOne), ...left],
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      { test: { ...common, name: 'fast clock', include: [...oneByOne, ...left], maxWorkers: 1, sequence: { groupOrder: 2 } } },
    ],
  },
})
