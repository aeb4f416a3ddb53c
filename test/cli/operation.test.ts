import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AnswerOf } from '@spark/contract/routes'
import { openMainDatabase } from '@spark/server/storage/open-main-database'
import type { StoredOrder } from '@spark/server/storage/order-store'
import type { StoredFill } from '@spark/server/storage/position-store'
import { createTradingStores } from '@spark/server/storage/trading-stores'
import { createSpark, eventually, healthy, onlyCanary, type Spark } from '../support/spark.ts'

// One running Spark for all: each test uses things of its own.

const FILLS = 10_050
let spark: Spark
beforeAll(async () => {
  spark = await createSpark()
  onlyCanary(spark)
  await addFills()
  spark.start('up')
  await healthy(spark)
  await healthy(spark, 'executor')
}, 60_000)
afterAll(() => spark.remove())

/** Of a strategy that is stopped, more than a page holds. */
async function addFills(): Promise<void> {
  const database = await openMainDatabase({ path: spark.databasePath, thread: false })
  const { strategies, orders, positions, db } = createTradingStores(database.db)
  const id = 'old'
  const of = { symbol: 'BTCUSDT', arm: 'baseline', side: 'sell', venue: 'paper', strategyId: id, quantity: '1' } as const
  const intentId = '0'.repeat(64)
  const order: StoredOrder = {
    ...of,
    intentId,
    clientOrderId: 'sp-0',
    purpose: 'exit',
    filledQuantity: '1',
    referencePrice: '100',
    state: 'filled',
    reason: null,
    epoch: 1,
    candleTs: 1,
    validUntil: 1,
    venueOrderId: null,
    createdAt: 1_700_000_000_000,
    sendingAt: 1,
    changedAt: 1,
    traceId: '0'.repeat(32),
    reservedMicros: 0,
    notFoundCount: 0,
    notFoundAt: null,
    tf: '1h',
    ownerNumber: 0,
  }
  const fill: StoredFill = { ...of, fillId: '', intentId, price: '100', fee: '0.1', feeAsset: 'USDT', realized: '-3.5', ts: 0 }
  await strategies.install(
    [
      {
        id,
        name: id,
        symbol: 'BTCUSDT',
        tf: '1h',
        capital: '1000',
        mode: 'paper',
        status: 'stopped',
        baseline: 'ema_cross',
        exposed: false,
      },
    ],
    1,
  )
  await db.transaction().execute(async (trx) => {
    await orders.insertAll(trx, [order])
    for (let at = 0; at < FILLS; at++)
      await positions.addFill(trx, { ...fill, fillId: String(at), ts: 1_700_000_000_000 + Math.floor(at / 7) }, 1)
  })
  await database.close()
}

const json = async <T>(...args: string[]): Promise<T> => {
  const { code, stdout, stderr } = await spark.run(...args, '--json')
  expect(`${code} ${stderr}`, args.join(' ')).toBe('0 ')
  return JSON.parse(stdout) as T
}
const newestAudit = async (action: string) =>
  eventually(`${action} in the audit`, 10_000, async () => {
    const { items } = await json<{ items: { actor: string; strategyId: string | null; context: Record<string, unknown> }[] }>(
      'audit',
      'list',
      '--action',
      action,
    )
    return items[0]
  })

describe('spark jobs', () => {
  it('lists every job with its next run, and runs one on demand', { timeout: 60_000 }, async () => {
    const { items } = await json<AnswerOf<'jobs'>>('jobs')
    expect(items.map(({ name }) => name).sort()).toEqual([
      'backfill',
      'backup',
      'drift',
      'gap-repair',
      'integrity',
      'labels',
      'learn',
      'report',
      'retention',
      'snapshot',
    ])
    for (const { nextRun } of items) expect(nextRun).toBeGreaterThan(Date.now() - 60_000)
    expect((await spark.run('jobs', 'run', 'integrity', '--reason', 'a test')).stdout).toContain('integrity: asked for')
    const run = await eventually('the run', 30_000, async () => {
      const jobs = await json<AnswerOf<'jobs'>>('jobs')
      const last = jobs.items.find(({ name }) => name === 'integrity')?.lastRun
      return last?.outcome === 'done' ? last : null
    })
    expect(run.detail).toMatch(/^databases whole; \d+ audit rows/)
    expect((await spark.run('jobs')).stdout).toMatch(/^integrity +\d{4}-\S+Z +done +\d{4}-\S+Z +databases whole/m)
    expect(await newestAudit('job.asked')).toMatchObject({
      actor: 'operator',
      context: { job: 'integrity', reason: 'a test' },
    })
  })

  it('refuses a job that does not exist, and says which do', async () => {
    const { code, stderr } = await spark.run('jobs', 'run', 'format-disk')
    expect(code).toBe(1)
    expect(stderr).toContain('there are backfill, gap-repair, backup')
  })
})

describe('spark models', () => {
  const CHAMPION = 'ml-fusion-1.2'
  it('lists, shows and compares versions; without labels there is no figure', async () => {
    expect((await spark.run('models')).stdout).toMatch(/^ml-fusion-1\.2 +champion/m)
    expect((await spark.run('models', 'show', CHAMPION)).stdout).toContain('weights (rsi macd trend) 0.333 0.333 0.333')
    expect((await spark.run('models', 'compare', CHAMPION, CHAMPION)).stdout).toContain('no label that both have')
    expect(await spark.run('models', 'shadow', CHAMPION)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is champion'),
    })
  })

  it('the weekly update by hand says why there is no candidate, and is in the audit', { timeout: 60_000 }, async () => {
    const { code, stdout } = await spark.run('calibration', 'update', '--reason', 'a look')
    expect(code).toBe(0)
    expect(stdout).toMatch(/only collect labels|no label has matured|waits for the labels|is learned already/)
    expect((await newestAudit('job.asked'))?.context).toMatchObject({ job: 'learn', reason: 'a look' })
  })
})

describe('spark fills', () => {
  it('writes all of them as CSV, over the pages of the API, each once', async () => {
    const { code, stdout } = await spark.run('fills', '--csv', '--strategy', 'old')
    expect(code).toBe(0)
    const [head, ...lines] = stdout.trim().split('\n')
    expect(head).toBe('ts,venue,symbol,fillId,intentId,strategyId,arm,side,quantity,price,fee,feeAsset,realized')
    expect(lines).toHaveLength(FILLS)
    expect(new Set(lines.map((line) => line.split(',')[3])).size).toBe(FILLS)
    const times = lines.map((line) => Number(line.split(',')[0]))
    expect(times).toEqual(times.toSorted((a, b) => b - a))
  })

  it('shows the newest as a table, and within times', async () => {
    const shown = await spark.run('fills', '--limit', '3', '--strategy', 'old')
    expect(shown.stdout.match(/^2023-11-14T\S+Z +old +baseline +sell +BTCUSDT +1 +100 +0.1 USDT +-3.50 +paper$/gm)).toHaveLength(
      3,
    )
    const page = await json<AnswerOf<'fills'>>('fills', '--to', '1700000000001')
    expect(page.items).toHaveLength(7)
    expect((await spark.run('fills', '--from', 'yesterday')).code).toBe(2)
    expect((await spark.run('fills', '--limit', '20000')).code).toBe(2)
  })
})

describe('spark risk', () => {
  it('shows every limit with what is used of it, and a kill switch with who and why', async () => {
    await eventually('figures', 15_000, async () => (await json<AnswerOf<'risk'>>('risk')).asOf)
    const { stdout } = await spark.run('risk')
    expect(stdout).toMatch(/^venue +paper: not halted$/m)
    expect(stdout).toMatch(/^maxTotalNotional +[\d.]+ +150000 +\d+ +quote units/m)
    expect(stdout).toMatch(/^maxDrawdownPercent +[\d.]+ +20 +\d+ +% below the peak/m)
    expect((await spark.run('kill', 'strategy:btcusdt-1h-7', '--reason', 'odd fills')).stdout).toBe(
      'strategy:btcusdt-1h-7: killed\n',
    )
    expect((await spark.run('risk')).stdout).toMatch(/^strategy:btcusdt-1h-7 +odd fills +operator +\d{4}-/m)
    expect(await newestAudit('kill.set')).toMatchObject({ actor: 'operator', context: { reason: 'odd fills' } })
    expect((await spark.run('unkill', 'strategy:btcusdt-1h-7', '--confirm', 'all')).code).toBe(2)
    expect((await spark.run('unkill', 'strategy:btcusdt-1h-7', '--confirm', 'strategy:btcusdt-1h-7')).code).toBe(0)
    expect((await json<AnswerOf<'risk'>>('risk')).killSwitches).toEqual([])
    expect((await spark.run('kill', 'strategy:nobody')).stderr).toContain('no strategy nobody')
  })

  it('set changes limits from now on, says what was before, and default takes them back', async () => {
    const limit = async () => (await json<AnswerOf<'risk'>>('risk')).limits.find(({ name }) => name === 'maxOrdersPerMinute')
    const before = await limit()
    const set = await spark.run('risk', 'set', 'maxOrdersPerMinute=77', '--reason', 'half the size')
    expect([set.code, set.stderr]).toEqual([0, ''])
    expect(set.stdout).toMatch(new RegExp(`^maxOrdersPerMinute +${before?.limit} +77$`, 'm'))
    expect(await limit()).toMatchObject({ limit: '77', fileLimit: before?.limit, changed: { by: 'operator' } })
    expect((await spark.run('risk')).stdout).toContain(`operator; spark.yaml: ${before?.limit}`)
    expect((await spark.run('risk', 'set', 'maxOrdersPerMinute=77', '--reason', 'again')).stdout).toContain('Nothing changes')
    await spark.run('risk', 'set', 'maxOrdersPerMinute=default', '--reason', 'over')
    expect(await limit()).toMatchObject({ limit: before?.limit, changed: null })
    const wrong = await spark.run('risk', 'set', 'maxOrders=7', '--reason', 'no such name')
    expect([wrong.code, wrong.stdout]).toEqual([2, ''])
    expect(wrong.stderr).toContain('maxOrders=7: say NAME=VALUE, with one of')
    expect((await spark.run('risk', 'set', 'maxOrdersPerMinute=-1', '--reason', 'less than nothing')).code).not.toBe(0)
  })
})

describe('spark equity', () => {
  it('shows the curve, its last point always', async () => {
    const { points } = await eventually('a point', 70_000, async () => {
      const curve = await json<AnswerOf<'equity'>>('equity')
      return curve.points.length > 0 ? curve : null
    })
    const last = points.at(-1)
    const { stdout } = await spark.run('equity', '--points', '1')
    expect(stdout.trim().split('\n').at(-1)).toMatch(/^\d{4}-\S+Z +1[23]\d{3}\.\d\d/)
    // Strategies of 1,000 each: 12, the one that is stopped, and what other tests add.
    expect(Number(last?.equity)).toBeGreaterThanOrEqual(13_000)
    expect((await spark.run('equity', '--scope', 'everything')).code).toBe(1)
  })
})

describe('spark strategies', () => {
  it('are created, changed and armed by name and reason, and the audit says who and why', async () => {
    const created = await spark.run(
      'strategies',
      'create',
      'mine',
      'BTCUSDT',
      '1h',
      '--capital',
      '250',
      '--reason',
      'a second look',
    )
    expect(created).toMatchObject({ code: 0, stdout: 'mine: created\n', stderr: '' })
    expect(await newestAudit('strategy.created')).toMatchObject({
      actor: 'operator',
      strategyId: 'mine',
      context: { capital: '250', reason: 'a second look' },
    })
    expect((await spark.run('strategies', 'create', 'mine', 'BTCUSDT', '1h')).stderr).toContain('id_taken')
    expect((await spark.run('strategies', 'arm', 'mine', '--confirm', 'yes')).code).toBe(2)
    expect((await spark.run('strategies', 'arm', 'mine', '--confirm', 'mine', '--reason', 'proved')).code).toBe(0)
    expect(await newestAudit('strategy.changed')).toMatchObject({
      context: { before: { mode: 'paper' }, after: { mode: 'live' }, reason: 'proved' },
    })
    expect((await spark.run('strategies', 'change', 'mine', '--reason', 'nothing')).code).toBe(2)
    expect((await spark.run('strategies', 'change', 'mine', '--capital', '-5')).code).toBe(1)
    expect((await spark.run('strategies')).stdout).toMatch(/^mine +BTCUSDT +1h +250 +baseline +live +running/m)
  })
})

it('spark account refuses the paper account, and amounts that are none', async () => {
  expect((await spark.run('account', 'deposit', 'USDT', '5', '--reason', 'r')).stderr).toContain(
    'the paper account has no deposits',
  )
  for (const amount of ['-5', '1e5', 'five'])
    expect((await spark.run('account', 'withdraw', 'USDT', amount, '--reason', 'r')).code, amount).toBe(2)
})

it('spark queue shows its queues and dead letters, and changes none that is not there', async () => {
  expect((await json<AnswerOf<'queue'>>('queue')).dlq_size).toBe(0)
  expect((await json<AnswerOf<'deadLetters'>>('queue', 'dlq', '--queue', 'order')).items).toEqual([])
  expect((await spark.run('queue', 'redrive', 'nothing', '--reason', 'r')).stderr).toContain('no dead letter nothing')
})
