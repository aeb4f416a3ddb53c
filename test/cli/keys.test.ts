import { spawn, spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { exchangeKeysOf } from '@spark/server/exchange-keys'
import { createExchangeKeyStore } from '@spark/server/storage/exchange-key-store'
import { openMainDatabase, type MainDatabase } from '@spark/server/storage/open-main-database'
import { createAuditOutbox } from '@spark/server/storage/audit-outbox'
import { everythingKept } from '../support/kept.ts'
import { createSpark, ROOT, type Spark } from '../support/spark.ts'

// Words that can be found wherever they leak to.
const API_KEY = 'LEAKEDKEYLEAKEDKEYLEAKEDKEYa1b2'
const SECRET = 'LEAKEDSECRETLEAKEDSECRETLEAKEDSECRET'
const GIVEN = `${API_KEY}\n${SECRET}\n`
const TESTNET = 'ccxt:binance testnet'

let spark: Spark
beforeAll(async () => {
  spark = await createSpark()
})
beforeEach(() =>
  withDatabase(async (db) => {
    await db.deleteFrom('exchange_key').execute()
    await db.deleteFrom('audit_outbox').execute()
  }),
)
afterAll(() => spark.remove())

/** Opened for each look: reading the files beside an open connection would give its locks back. */
async function withDatabase<Result>(work: (db: MainDatabase['db']) => Promise<Result>): Promise<Result> {
  const database = await openMainDatabase({ path: spark.databasePath, thread: false })
  try {
    return await work(database.db)
  } finally {
    await database.close()
  }
}

const keyFile = () => join(spark.dataDir, 'master.key')
const stored = (venue: string) =>
  withDatabase((db) => exchangeKeysOf({ store: createExchangeKeyStore(db), keyFile: keyFile(), venue }))
const venues = () => withDatabase(async (db) => (await createExchangeKeyStore(db).list()).map(({ venue }) => venue))
const audited = async () =>
  (await withDatabase((db) => createAuditOutbox(db).next(10))).map(
    ({ event: { action, actor, context } }) => `${action} ${actor} ${JSON.stringify(context)}`,
  )

describe('spark keys', () => {
  it('stores keys from standard input so that only the master key opens them, and the audit says who and why', async () => {
    const added = await spark.runWith(GIVEN, 'keys', 'add', 'ccxt:binance', '--reason', 'first keys')
    expect(added).toMatchObject({ code: 0, stdout: expect.stringContaining('API key ending in a1b2') as string })
    expect(await stored(TESTNET)).toEqual({ apiKey: API_KEY, secret: SECRET })
    expect(statSync(keyFile()).mode & 0o777).toBe(0o600)
    expect(await audited()).toEqual([`keys.added operator {"venue":"${TESTNET}","reason":"first keys","hint":"a1b2"}`])
    const listed = await spark.run('keys', 'list', '--json')
    expect(JSON.parse(listed.stdout)).toEqual({
      items: [{ venue: TESTNET, hint: 'a1b2', createdAt: expect.any(Number) as number }],
    })
    expect((await spark.run('keys')).stdout).toMatch(/^ccxt:binance testnet +…a1b2 +2/m)
    const everything = (await everythingKept(spark)).map(([, content]) => content.toString('latin1'))
    for (const text of [
      ...everything,
      added.stdout,
      added.stderr,
      listed.stdout,
      await spark.run('doctor').then((end) => end.stdout),
    ])
      expect(text).not.toMatch(/LEAKED/)
  })

  it('those for real money are apart, and stored ones are replaced only when told to', async () => {
    await spark.runWith(GIVEN, 'keys', 'add', 'ccxt:binance')
    await spark.runWith(GIVEN, 'keys', 'add', 'ccxt:binance', '--live')
    expect(await venues()).toEqual(['ccxt:binance', TESTNET])
    const other = `${API_KEY}2\n${SECRET}\n`
    const refused = await spark.runWith(other, 'keys', 'add', 'ccxt:binance', '--live')
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('--replace') as string })
    expect((await stored('ccxt:binance')).apiKey).toBe(API_KEY)
    expect((await spark.runWith(other, 'keys', 'add', 'ccxt:binance', '--live', '--replace')).code).toBe(0)
    expect((await stored('ccxt:binance')).apiKey).toBe(`${API_KEY}2`)
    expect((await audited()).map((line) => line.split(' ')[0])).toEqual(['keys.added', 'keys.added', 'keys.replaced'])
  })

  it('are removed when the venue is typed twice', async () => {
    await spark.runWith(GIVEN, 'keys', 'add', 'ccxt:binance')
    expect((await spark.run('keys', 'remove', 'ccxt:binance', '--confirm', 'yes')).code).toBe(2)
    expect(await venues()).toEqual([TESTNET])
    expect((await spark.run('keys', 'remove', 'ccxt:binance', '--confirm', 'ccxt:binance', '--live')).code).toBe(1)
    expect((await spark.run('keys', 'remove', 'ccxt:binance', '--confirm', 'ccxt:binance', '--reason', 'leaked')).code).toBe(0)
    expect(await venues()).toEqual([])
    expect((await audited()).at(-1)).toBe(`keys.removed operator {"venue":"${TESTNET}","reason":"leaked"}`)
  })

  it.each([
    ['as arguments', '', ['ccxt:binance', API_KEY, SECRET], 'not arguments'],
    ['in place of the venue', '', [SECRET], 'this venue takes no keys'],
    ['for paper', GIVEN, ['paper'], 'those that do: ccxt:binance'],
    ['that are one line', `${API_KEY}\n`, ['ccxt:binance'], 'two lines'],
    ['that are three lines', `${GIVEN}x\n`, ['ccxt:binance'], 'two lines'],
    ['with a blank inside', `${API_KEY}\nLEAKED SECRET LEAKED\n`, ['ccxt:binance'], 'the secret must be 16 to 512'],
    ['that are the same', `${SECRET}\n${SECRET}\n`, ['ccxt:binance'], 'are the same'],
    ['without an end', 'LEAKED'.repeat(20_000), ['ccxt:binance'], 'longer than 65536 bytes'],
  ])('%s are refused without repeating them', async (_what, input, args, words) => {
    const { code, stdout, stderr } = await spark.runWith(input, 'keys', 'add', ...args)
    expect(code).toBe(2)
    expect(stderr).toContain(words)
    expect(stdout + stderr).not.toMatch(/LEAKED/)
    expect(await venues()).toEqual([])
  })
})

/** What the terminal shows; the answers are typed when their question stands there. */
async function typed(...answers: string[]): Promise<{ code: number | null; shown: string }> {
  const child = spawn('script', ['-qec', `${ROOT}bin/spark keys add ccxt:binance`, '/dev/null'], {
    env: { ...spark.env, TERM: 'xterm' },
    stdio: 'pipe',
  })
  let shown = ''
  let asked = 0
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text
    for (; asked < answers.length && shown.split('(not shown): ').length > asked + 1; asked++)
      child.stdin.write(answers[asked] ?? '')
  })
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, shown }
}

const hasScript = spawnSync('script', ['-qec', 'true', '/dev/null']).status === 0
describe.skipIf(!hasScript)('spark keys on a terminal (skipped where util-linux script is missing)', () => {
  it('asks for both and shows neither', async () => {
    const { code, shown } = await typed(`${API_KEY}\r`, `${SECRET}\r`)
    expect(shown).toContain('API key ending in a1b2')
    expect(shown).not.toMatch(/LEAKED/)
    expect(code).toBe(0)
    expect(await stored(TESTNET)).toEqual({ apiKey: API_KEY, secret: SECRET })
  })

  it('changes nothing on Ctrl-C', async () => {
    const { code, shown } = await typed(`${API_KEY}\r`, '\u0003')
    expect(shown).toContain('cancelled')
    expect(code).toBe(1)
    expect(await venues()).toEqual([])
  })
})
