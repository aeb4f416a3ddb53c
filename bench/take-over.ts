// An executor is killed (kill -9): until the other of two has all streams and scores again. One api and two executors on one PostgreSQL
// that flushes to disk.
import { systemClock } from '@spark/server/clock'
import { emptyPostgres } from '@spark/server/storage/postgres/postgres-fixture'
import { CLOCK_SPEED, createPair, streamsOf, SYMBOLS } from '../test/support/hosts.ts'
import { eventually, health, type Spark, type SparkProcess } from '../test/support/spark.ts'
import { formatNumber, median, type Figure } from './figure.ts'
import { atEnd, bench, progress } from './support.ts'

/** Before the first is killed, scored by whoever owns it. */
const CANARY = 'BTCUSDT-1m'
/** A real second by the fast clock of these hosts. */
const POLL_MS = 1000 * CLOCK_SPEED
const LIMIT_MS = 60_000
/** How long a lease was renewed before the kill decides when it ends: the kills of the rounds lie evenly within one turn. */
const TURN_MS = 2000

interface Host {
  name: string
  spark: Spark
  executor: SparkProcess
}

interface Round {
  ownedS: number
  scoredS: number
}

async function startHosts(url: string): Promise<[Host, Host]> {
  const { a, b } = await createPair(url, (spark) => atEnd(() => spark.remove()))
  const [first, second] = [a, b].map((spark, at) => {
    Object.assign(spark.env, { CANARY_TIMEFRAME: '1m', POLL_INTERVAL_MS: String(POLL_MS) })
    return { name: at === 0 ? 'a' : 'b', spark, executor: spark.start('executor') }
  })
  return [first as Host, second as Host]
}

async function scored({ spark }: Host, sinceMs: number): Promise<boolean> {
  const { lastScoreAgeS = null } = await health(spark, 'executor')
  return lastScoreAgeS !== null && (lastScoreAgeS / CLOCK_SPEED) * 1000 < systemClock.monotonicMs() - sinceMs
}

/** The one that scores is killed; it is started again afterwards, and gets its streams back. */
async function killed(url: string, hosts: readonly [Host, Host], laterMs: number): Promise<Round> {
  await eventually('both have streams, one of them scores', LIMIT_MS, async () => {
    const [a, b] = [await streamsOf(url, hosts[0].name), await streamsOf(url, hosts[1].name)]
    return a.length > 0 && b.length > 0 && a.length + b.length === SYMBOLS.length
  })
  const [lost, other] = (await streamsOf(url, hosts[0].name)).includes(CANARY) ? hosts : [hosts[1], hosts[0]]
  const askedMs = systemClock.monotonicMs()
  await eventually(`${lost.name} scores`, LIMIT_MS, () => scored(lost, askedMs))
  await systemClock.sleep(laterMs)
  const killedMs = systemClock.monotonicMs()
  const passedS = () => (systemClock.monotonicMs() - killedMs) / 1000
  lost.executor.child.kill('SIGKILL')
  await eventually('all streams are owned', LIMIT_MS, async () => (await streamsOf(url, other.name)).length === SYMBOLS.length)
  const ownedS = passedS()
  await eventually('scored again', LIMIT_MS, () => scored(other, killedMs))
  const scoredS = passedS()
  lost.executor = lost.spark.start('executor')
  return { ownedS, scoredS }
}

await bench({ rounds: 7 }, async ({ rounds }) => {
  const url = await emptyPostgres({ durable: true, disk: true })
  const hosts = await startHosts(url)
  const all: Round[] = []
  for (let at = 1; at <= rounds; at++) {
    const round = await killed(url, hosts, (at / rounds) * TURN_MS)
    progress(
      `take-over, round ${at}/${rounds}: owned after ${formatNumber(round.ownedS)} s, scored after ${formatNumber(round.scoredS)} s`,
    )
    all.push(round)
  }
  const ownedS = formatNumber(median(all.map((round) => round.ownedS)))
  const figure: Figure = {
    what: 'kill -9 of an executor until the other scores its stream',
    baseline: 'a lease of 8 s, renewed every 2 s',
    unit: 's',
    values: all.map(({ scoredS }) => scoredS),
    target: { under: 15 },
    note: `all ${SYMBOLS.length} streams are owned by the other after ${ownedS} s, as the rows of the leases say; then it asks for orders and candles, and polls, here once a second`,
  }
  return [figure]
})
