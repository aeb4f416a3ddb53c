import { writeFileSync } from 'node:fs'
import type { Command } from 'commander'
import { loadConfig, type Config } from '@spark/server/config'
import { FeedError } from '@spark/server/feed/feed'
import { rolloutPlanOf } from '@spark/server/rollout-plan'
import { drawFaults } from '@spark/server/rehearsal/draw-faults'
import { FAULT_KINDS, faultSpec } from '@spark/server/rehearsal/fault'
import { ENDS, parseFaultFile, type End, type FaultPlan } from '@spark/server/rehearsal/fault-file'
import { simulatedMarket, type Market } from '@spark/server/rehearsal/markets'
import { outcomeOf } from '@spark/server/rehearsal/outcome'
import { recordedMarket } from '@spark/server/rehearsal/recorded-market'
import { ModelConflictError } from '@spark/server/storage/model-store'
import { limitOf, rehearse, RehearsalRefused, type Rehearsal, type RehearsalOptions } from '@spark/server/rehearsal/rehearse'
import type { MarketText } from '@spark/server/rehearsal/report/text'
import { reportHtml } from '@spark/server/rehearsal/report/html'
import { reportJson } from '@spark/server/rehearsal/report/json'
import { reportText } from '@spark/server/rehearsal/report/text'
import { modelOption } from '../model-option.ts'
import { fileOption, shareOption, textOption, wholeOption } from '../options.ts'
import { CheckFailed, WrongUsage, type Output } from '../output.ts'
import { table } from '../table.ts'

const SEED_MAX = 2 ** 32 - 1
const FAULTS_MAX = 1000
const SPEED_MAX = 1_000_000
/** The terminal hears of the progress so many times at most. */
const PROGRESS_STEPS = 200
const HOUR = 3_600_000

interface RehearseOptions {
  plan?: string
  feed?: string
  data?: string[]
  speed?: string
  faults?: string
  randomFaults?: string
  seed: string
  ceiling: string
  model?: string
  expect?: string
  json?: true
  html?: string
  out?: string
  kinds?: true
}

export function rehearseCommand(program: Command, output: Output): void {
  program
    .command('rehearse')
    .description(
      'A whole rollout on a virtual clock, with the faults you give it: the real gates, decisions, fence and order path, hours in seconds. Exit code 1 unless it ended as it should.',
    )
    .option('--plan <file>', 'strategies, rollout and limits; default: SPARK_CONFIG, else config/spark.yaml')
    .option('--feed <name>', 'sim: the simulated market, which is the default')
    .option('--data <paths...>', 'instead of it, kline dumps or folders of them')
    .option('--speed <n>', 'of --data: market time per rehearsed time; default: a candle of the canary stream every 10 s')
    .option('--faults <file>', 'what goes wrong and when, like config/faults.example.yaml')
    .option('--random-faults <n>', 'instead of a file, so many drawn from the seed')
    .option('--seed <n>', 'the same seed, plan and faults give the same rehearsal, byte for byte', '1')
    .option(
      '--model <version|file>',
      'rolls this one out and judges it by its labels: a stored version, or a document in a .json file',
    )
    .option('--ceiling <share>', 'preview, or the approved share, 10% to 100%', '100%')
    .option('--expect <phase>', `how it must end: ${ENDS.join(', ')}`)
    .option('--json', 'the report as JSON')
    .option('--html <file>', 'also write the report as one page with charts')
    .option('--out <file>', 'write the report there instead of standard output')
    .option('--kinds', 'only list the kinds of faults')
    .addHelpText(
      'after',
      '\nExamples:\n  spark rehearse --plan config/spark.yaml --seed 7\n  spark rehearse --faults config/faults.example.yaml --html night.html\n  spark rehearse --random-faults 5 --json --out rehearsal.json\n  spark rehearse --data candles/BTCUSDT/1h candles/ETHUSDT/1h\n  spark rehearse --model ml-fusion-1.2+l.1a2b3c4d --data candles\n  spark rehearse --kinds',
    )
    .action(async (options: RehearseOptions) => {
      if (options.kinds === true) return output.line(options.json === true ? kindsJson() : kindsText())
      const request = requestOf(options)
      const config = loadConfig(undefined, options.plan)
      const prepared = await prepare(config, request)
      if (options.model !== undefined) prepared.options.model = await modelOption(config, options.model)
      for (const lack of prepared.about.lacks) output.note(lack)
      const rehearsal = await rehearseOrFail(prepared.options)
      const outcome = outcomeOf(rehearsal, prepared.expect)
      const report = [rehearsal, outcome, prepared.about] as const
      if (request.html !== null) writeFileSync(request.html, reportHtml(...report))
      const text = options.json === true ? reportJson(...report) : reportText(...report)
      if (request.out === null) output.line(text)
      else {
        writeFileSync(request.out, `${text}\n`)
        output.line(outcome.said)
      }
      if (!outcome.ok) throw new CheckFailed('')
    })
}

/** The options, checked. */
interface Request {
  data: readonly string[] | null
  speed: number | null
  faults: FaultPlan | number | null
  seed: number
  ceiling: number
  expect: End | null
  html: string | null
  out: string | null
}

function requestOf(options: RehearseOptions): Request {
  const { feed, data, speed, faults, randomFaults, expect } = options
  if (feed !== undefined && feed !== 'sim') throw new WrongUsage(`--feed ${feed}: must be sim; candles of files come by --data`)
  if (feed !== undefined && data !== undefined) throw new WrongUsage('--feed and --data: give one of them')
  if (speed !== undefined && data === undefined) throw new WrongUsage('--speed goes with --data')
  if (faults !== undefined && randomFaults !== undefined) throw new WrongUsage('--faults and --random-faults: give one of them')
  return {
    data: data ?? null,
    speed: speed === undefined ? null : speedOption(speed),
    faults:
      faults !== undefined
        ? readFaults(faults)
        : randomFaults === undefined
          ? null
          : wholeOption('--random-faults', randomFaults, 1, FAULTS_MAX),
    seed: wholeOption('--seed', options.seed, 0, SEED_MAX),
    ceiling: options.ceiling === 'preview' ? 0 : shareOption('--ceiling', options.ceiling),
    expect: expect === undefined ? null : endOption(expect),
    html: options.html === undefined ? null : fileOption('--html', options.html),
    out: options.out === undefined ? null : fileOption('--out', options.out),
  }
}

interface Prepared {
  options: RehearsalOptions
  expect: End | null
  about: MarketText
}

async function prepare(given: Config, { data, speed, faults: wanted, seed, ceiling, expect }: Request): Promise<Prepared> {
  const plan = rolloutPlanOf(given.file)
  const { faults, expect: expected } =
    wanted === null || typeof wanted === 'number' ? { faults: drawFaults(seed, plan, wanted ?? 0), expect: null } : wanted
  const limitMs = limitOf(plan, faults)
  const { market, config, about } = await marketOf(given, {
    data,
    speed,
    seed,
    lastsMs: limitMs,
    freshMs: plan.gates.staleness.good * 1000,
  })
  const options = { config, plan, seed, faults, ceiling, limitMs, ...market, openFeed: withProgress(market.openFeed, limitMs) }
  return { options, expect: expect ?? expected, about }
}

async function marketOf(
  config: Config,
  {
    data,
    speed,
    seed,
    lastsMs,
    freshMs,
  }: { data: readonly string[] | null; speed: number | null; seed: number; lastsMs: number; freshMs: number },
): Promise<{ market: Market; config: Config; about: MarketText }> {
  if (data === null)
    return { market: simulatedMarket(config, seed), config, about: { market: 'the simulated market', lacks: [] } }
  try {
    const recorded = await recordedMarket(config, data, { speed, lastsMs, freshMs })
    const market = `${data.join(', ')} from ${new Date(recorded.fromMs).toISOString().slice(0, 16)}Z, ${recorded.speed} times as fast`
    return { market: recorded, config: recorded.config, about: { market, lacks: recorded.lacks } }
  } catch (error) {
    if (error instanceof FeedError) throw new CheckFailed(`spark: ${error.message}`)
    throw error
  }
}

async function rehearseOrFail(options: RehearsalOptions): Promise<Rehearsal> {
  try {
    return await rehearse(options)
  } catch (error) {
    if (error instanceof ModelConflictError)
      throw new CheckFailed(`spark: ${error.message}; the document of the file differs from the one that Spark has built in`)
    if (!(error instanceof RehearsalRefused)) throw error
    throw new CheckFailed(['spark: the rollout is not allowed to start', ...error.problems].join('\n  '))
  } finally {
    if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
  }
}

/** Tells a terminal how far it is; time passes in the executor's clock as everywhere. */
function withProgress(openFeed: Market['openFeed'], limitMs: number): Market['openFeed'] {
  const { stderr } = process
  if (!stderr.isTTY) return openFeed
  return (clock) => {
    clock.every(limitMs / PROGRESS_STEPS, () => {
      const [done, most] = [clock.monotonicMs(), limitMs].map((ms) => (ms / HOUR).toFixed(1))
      stderr.write(`\r${done} h of at most ${most} h rehearsed\u001b[K`)
    })
    return openFeed(clock)
  }
}

function readFaults(path: string): FaultPlan {
  const parsed = parseFaultFile(textOption('--faults', path), path)
  if ('problems' in parsed) throw new WrongUsage(parsed.problems.join('\n  '))
  return parsed
}

function speedOption(text: string): number {
  const value = /^\d{1,7}(\.\d{1,6})?$/.test(text) ? Number(text) : Number.NaN
  if (!(value > 0 && value <= SPEED_MAX)) throw new WrongUsage(`--speed ${text}: must be a number above 0, at most ${SPEED_MAX}`)
  return value
}

function endOption(text: string): End {
  const end = ENDS.find((one) => one === text)
  if (end === undefined) throw new WrongUsage(`--expect ${text}: must be one of ${ENDS.join(', ')}`)
  return end
}

function kindsText(): string {
  const rows = FAULT_KINDS.map((kind) => {
    const { group, lasts, strength, meaning } = faultSpec(kind)
    const [unit, range, usual] =
      strength === null ? ['-', '-', '-'] : [strength.unit, `${strength.min} to ${strength.max}`, String(strength.usual)]
    return [group, kind, lasts ? 'forMin' : 'at once', unit, range, usual, meaning]
  })
  return table(['group', 'kind', 'lasts', 'strength', 'range', 'usual', 'what happens'], rows)
}

function kindsJson(): string {
  const kinds = FAULT_KINDS.map((kind) => {
    const { group, lasts, strength, meaning } = faultSpec(kind)
    const { unit, min, max, usual } = strength ?? { unit: null, min: null, max: null, usual: null }
    return { kind, group, meaning, lasts, unit, min, max, usual }
  })
  return JSON.stringify(kinds, null, 2)
}
