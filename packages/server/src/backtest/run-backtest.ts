import { ArmAccount, type ArmTotals } from '@spark/core/backtest/arm-account'
import { addDay, DAY_MS, equityFigures, type EquityDays, type EquityFigures } from '@spark/core/backtest/equity-days'
import type { TradingCosts } from '@spark/core/calibration/labels'
import { compareOnLabels, type LabelComparison } from '@spark/core/learning/compare-labels'
import { learnWeeks, modelAt, withoutOverlap, type LearnedWeek, type MaturedSample } from '@spark/core/learning/learn-weeks'
import { streamName } from '@spark/core/market/candle'
import { decide, type Decision } from '@spark/core/signal/decision'
import { fuseParts } from '@spark/core/signal/fuse'
import type { Model } from '@spark/core/signal/model'
import { baselineDecision } from '@spark/core/trading/decide-position'
import { ReplayCursor } from '../replay/replay-cursor.ts'
import { sha256 } from '../sha256.ts'
import { openFiles, type BacktestStream } from './backtest-streams.ts'
import { collectSamples } from './collect-samples.ts'

export const ARMS = ['baseline', 'ml', 'learned'] as const
export type BacktestArm = (typeof ARMS)[number]

export interface BacktestInput {
  streams: readonly BacktestStream[]
  model: Model
  floor: number
  costs: TradingCosts
  /** ML_SIGNAL_WEIGHTS is set: the learned arm keeps these weights. */
  weightsFixed: boolean
  /** Without it there is no learned arm, and each file is read once. */
  learn: boolean
  /** Nothing is learned from what was known later, ms; null: it goes on to the end. */
  learnTo: number | null
}

/** Of an arm over a stretch of whole UTC days. */
export interface ArmPeriod extends Omit<EquityFigures, 'points'> {
  fromTs: number
  toTs: number
  /** Of all streams together, in shares of the capital of one. */
  totals: ArmTotals
}

export interface ArmResult {
  arm: BacktestArm
  whole: ArmPeriod
  /** By UTC year. */
  years: ArmPeriod[]
  points: EquityFigures['points']
  /** Positions open at the end, and what they had earned by then, of the capital of one stream. */
  open: { positions: number; return: number }
}

export interface BacktestResult {
  streams: { name: string; files: number; candles: number; refusedLines: number }[]
  model: string
  floor: number
  costs: TradingCosts
  arms: ArmResult[]
  /** The models of the learned arm. */
  weeks: LearnedWeek[]
  /** ml and learned on every label since there was a learned model, floor or not; null without one. */
  comparison: LabelComparison | null
}

/** What of an arm is summed up over streams. */
interface ArmBook {
  arm: BacktestArm
  days: EquityDays
  years: Map<number, ArmTotals>
  open: ArmResult['open']
}

export function createBook(arm: BacktestArm): ArmBook {
  return { arm, days: new Map(), years: new Map(), open: { positions: 0, return: 0 } }
}

type Decide = (replay: ReplayCursor) => Decision

/** Every stream once for the labels when it learns, and once for the trades; one file is in memory at a time. */
export async function runBacktest(input: BacktestInput, onStream: (name: string) => void): Promise<BacktestResult> {
  const { streams, model, floor, costs } = input
  const samples = input.learn ? withoutOverlap(await allSamples(input)) : []
  const known = samples.filter(({ exitTs }) => exitTs <= (input.learnTo ?? Number.POSITIVE_INFINITY))
  const { weeks } = learnWeeks(model, known, input.weightsFixed, sha256)
  const books = ARMS.filter((arm) => arm !== 'learned' || input.learn).map(createBook)
  const read: BacktestResult['streams'] = []
  for (const stream of streams) {
    onStream(streamName(stream))
    read.push(await tradeStream(input, stream, weeks, books))
  }
  const days = books.flatMap((book) => [...book.days.keys()])
  const [fromDay, toDay] = [Math.min(...days), Math.max(...days) + 1]
  const arms = books.map((book) => armResult(book, streams.length, fromDay, toDay))
  // What was learned until a day is judged on what came after it, else each week on its labels.
  const judgedFrom = input.learnTo ?? weeks[0]?.fromTs ?? Number.POSITIVE_INFINITY
  const judged = weeks.length === 0 ? [] : samples.filter(({ ts }) => ts >= judgedFrom)
  const comparison = compareOnLabels(
    judged,
    () => model,
    (ts) => modelAt(model, weeks, ts),
    BOOTSTRAP_SEED,
  )
  return { streams: read, model: model.version, floor, costs, arms, weeks, comparison }
}

/** The same figures each time. */
const BOOTSTRAP_SEED = 1

async function allSamples({ streams, costs }: BacktestInput): Promise<MaturedSample[]> {
  const samples: MaturedSample[] = []
  for (const stream of streams) for (const sample of await collectSamples(stream, costs)) samples.push(sample)
  return samples
}

async function tradeStream(
  { model, floor, costs }: BacktestInput,
  stream: BacktestStream,
  weeks: readonly LearnedWeek[],
  books: readonly ArmBook[],
): Promise<BacktestResult['streams'][number]> {
  const replay = new ReplayCursor(model, floor)
  const trader = new StreamTrader(books, costs, weeks, model, floor)
  let refusedLines = 0
  for await (const klines of openFiles(stream)) {
    replay.open(klines)
    trader.trade(replay)
    refusedLines += klines.report.rejectCount
  }
  trader.end()
  return { name: streamName(stream), files: stream.files.length, candles: replay.candles, refusedLines }
}

/** All arms on one stream. */
export class StreamTrader {
  readonly #arms: { book: ArmBook; account: ArmAccount; decide: Decide; before: ArmTotals; equity: number }[]
  #day = -1
  #lastClose = Number.NaN

  constructor(books: readonly ArmBook[], costs: TradingCosts, weeks: readonly LearnedWeek[], model: Model, floor: number) {
    this.#arms = books.map((book) => {
      const account = new ArmAccount(costs)
      return { book, account, decide: ruleOf(book.arm, weeks, model, floor), before: account.totals(), equity: 0 }
    })
  }

  /** To the end of the file that is open. */
  trade(replay: ReplayCursor): void {
    const arms = this.#arms
    const { candle } = replay
    while (replay.step()) {
      const day = Math.floor(candle.ts / DAY_MS)
      if (day !== this.#day) {
        this.#closeDay()
        this.#day = day
      }
      for (const { account } of arms) account.open(candle.o)
      this.#lastClose = candle.c
      if (!replay.scored) continue
      for (const arm of arms) arm.account.decide(arm.decide(replay))
    }
  }

  end(): void {
    this.#closeDay()
    for (const { account, book } of this.#arms) {
      if (!account.holds) continue
      book.open.positions += 1
      book.open.return += account.equity(this.#lastClose) - account.totals().netReturn
    }
  }

  #closeDay(): void {
    if (this.#day === -1) return
    const year = new Date(this.#day * DAY_MS).getUTCFullYear()
    for (const arm of this.#arms) {
      const equity = arm.account.equity(this.#lastClose)
      addDay(arm.book.days, this.#day, equity - arm.equity)
      arm.equity = equity
      const totals = arm.account.totals()
      arm.book.years.set(year, addTotals(arm.book.years.get(year), totals, arm.before))
      arm.before = totals
    }
  }
}

/** The rule of an arm for the candle a replay stands on. */
function ruleOf(arm: BacktestArm, weeks: readonly LearnedWeek[], model: Model, floor: number): Decide {
  if (arm === 'baseline') return ({ values }) => baselineDecision(values)
  if (arm === 'ml') return (replay) => replay.decision
  let week = -1
  return ({ candle, fused }) => {
    // Decided at the close, when models made in the meantime may be used.
    while ((weeks[week + 1]?.fromTs ?? Number.POSITIVE_INFINITY) <= candle.ts) week += 1
    const { score, confid } = fuseParts(weeks[week]?.model ?? model, fused.parts)
    return decide(score, confid, floor)
  }
}

function addTotals(sum: ArmTotals | undefined, now: ArmTotals, before: ArmTotals): ArmTotals {
  const add = (name: keyof ArmTotals) => (sum?.[name] ?? 0) + now[name] - before[name]
  return {
    candles: add('candles'),
    candlesHeld: add('candlesHeld'),
    opinions: add('opinions'),
    trades: add('trades'),
    wins: add('wins'),
    grossReturn: add('grossReturn'),
    netReturn: add('netReturn'),
  }
}

const NOTHING: ArmTotals = { candles: 0, candlesHeld: 0, opinions: 0, trades: 0, wins: 0, grossReturn: 0, netReturn: 0 }

function armResult({ arm, days, years, open }: ArmBook, streams: number, fromDay: number, toDay: number): ArmResult {
  const period = (from: number, to: number, totals: ArmTotals) => {
    const { points, ...figures } = equityFigures(days, streams, from, to)
    return { points, period: { fromTs: from * DAY_MS, toTs: to * DAY_MS, totals, ...figures } }
  }
  const all = [...years.values()].reduce((sum, totals) => addTotals(sum, totals, NOTHING), NOTHING)
  const { points, period: whole } = period(fromDay, toDay, all)
  return {
    arm,
    whole,
    years: [...years]
      .sort(([a], [b]) => a - b)
      .map(([year, totals]) => {
        const [from, to] = [Date.UTC(year, 0, 1) / DAY_MS, Date.UTC(year + 1, 0, 1) / DAY_MS]
        return period(Math.max(from, fromDay), Math.min(to, toDay), totals).period
      }),
    points,
    open,
  }
}
