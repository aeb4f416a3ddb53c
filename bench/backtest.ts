// Candles a second through a backtest, one thread, against the package grademark on the same rule and the same candles: both from the
// text of a dump, and both from candles in memory. The trades are counted on both sides.
import { DataFrame, fromCSV, type IDataFrame } from 'data-forge'
import { backtest, type IBar, type IStrategy, type ITrade } from 'grademark'
import { ArmAccount } from '@spark/core/backtest/arm-account'
import { createEma, pushEma } from '@spark/core/indicators/ema'
import { baselineDecision } from '@spark/core/trading/decide-position'
import { WARM_UP_CANDLES } from '@spark/core/market/gap'
import { ML_FUSION_1_2 } from '@spark/core/signal/model'
import { createBook, StreamTrader, type BacktestArm } from '@spark/server/backtest/run-backtest'
import { KlineCursor } from '@spark/server/feed/kline-cursor'
import { parseKlines, type KlineColumns } from '@spark/server/feed/parse-klines'
import { ReplayCursor } from '@spark/server/replay/replay-cursor'
import { formatNumber, median, type Figure } from './figure.ts'
import { candlesPerSecond, generatedSeries, REAL_FOLDER, realSeries, type Series } from './series.ts'
import { bench, durationMs, progress } from './support.ts'

const FLOOR = 0.55
const FREE = { feeRate: 0, halfSpreadRate: 0, slippageRate: 0 }
/** Grademark takes seconds for them. */
const HEAD_CANDLES = 8000

/** Parse, check, all indicators, fuse, decide, trade, equity by day. */
function ours({ files, timeframe }: Series, arms: readonly BacktestArm[]): { candles: number; sum: number; trades: number } {
  const replay = new ReplayCursor(ML_FUSION_1_2, FLOOR)
  const books = arms.map(createBook)
  const trader = new StreamTrader(books, FREE, [], ML_FUSION_1_2, FLOOR)
  for (const bytes of files) {
    replay.open(new KlineCursor(bytes, { timeframe }))
    trader.trade(replay)
  }
  trader.end()
  const totals = books.flatMap(({ years }) => [...years.values()])
  const trades = totals.reduce((sum, one) => sum + one.trades, 0)
  return { candles: replay.candles, sum: totals.reduce((sum, one) => sum + one.grossReturn, trades), trades }
}

type Bar = Pick<IBar, 'time' | 'open' | 'high' | 'low' | 'close'> & { volume: number; fast: number; slow: number }

const RULES: Pick<IStrategy<IBar, Bar, object>, 'entryRule' | 'exitRule'> = {
  entryRule: (enter, { bar: { fast, slow } }) => {
    if (fast > slow) enter()
  },
  exitRule: (exit, { bar: { fast, slow } }) => {
    if (fast < slow) exit()
  },
}

/** As its documentation shows it, by the reader it stands on (data-forge); the averages are ours, so that the trades are the same. */
function grademarkFromText(text: string): ITrade[] {
  const [fastEma, slowEma] = [createEma(20), createEma(50)]
  const bars = fromCSV(text)
    .parseFloats(['open_time', 'open', 'high', 'low', 'close'])
    .select((row: Bar & { open_time: number }): Bar => {
      const [fast, slow] = [pushEma(fastEma, row.close), pushEma(slowEma, row.close)]
      return { ...row, time: new Date(row.open_time), fast, slow }
    })
    .bake()
  return grademark(bars.skip(WARM_UP_CANDLES - 1).bake())
}

function grademark(frame: IDataFrame<number, Bar>): ITrade[] {
  return closedOf(backtest<Bar, Bar, object, number>(RULES, frame))
}

/** Opens and averages, of every candle from the warm-up on. */
interface Prepared {
  open: Float64Array
  fast: Float64Array
  slow: Float64Array
}

/** The rule alone, as Grademark has it: the averages are there already. */
function oursFromColumns({ open, fast, slow }: Prepared): { candles: number; sum: number; trades: number } {
  const account = new ArmAccount(FREE)
  for (let row = 0; row < open.length; row++) {
    account.open(open[row] as number)
    account.decide(baselineDecision({ ema_20: fast[row] as number, ema_50: slow[row] as number }))
  }
  const { trades, grossReturn } = account.totals()
  return { candles: open.length, sum: trades + grossReturn, trades }
}

/** Without the position that is open at the end. */
function closedOf(trades: readonly ITrade[]): ITrade[] {
  return trades.filter(({ exitReason }) => exitReason !== 'finalize')
}

/** The same candles and averages for both: columns, and objects in a frame. */
function prepare({ length, ts, o, h, l, c, v }: KlineColumns): { columns: Prepared; frame: IDataFrame<number, Bar> } {
  const [fastEma, slowEma] = [createEma(20), createEma(50)]
  const at = (column: Float64Array, row: number) => column[row] as number
  const bars = Array.from({ length }, (_, row): Bar => {
    const [open, high, low, close, volume] = [at(o, row), at(h, row), at(l, row), at(c, row), at(v, row)]
    const [fast, slow] = [pushEma(fastEma, close), pushEma(slowEma, close)]
    return { time: new Date(at(ts, row)), open, high, low, close, volume, fast, slow }
  }).slice(WARM_UP_CANDLES - 1)
  const column = (name: keyof Prepared) => Float64Array.from(bars, (bar) => bar[name])
  return { columns: { open: column('open'), fast: column('fast'), slow: column('slow') }, frame: new DataFrame(bars).bake() }
}

/** The header and the first rows of the last file, which has no gap that would start the warm-up again. */
function headOf({ files, ...series }: Series): { head: Series; text: string } {
  const bytes = files.at(-1) ?? new Uint8Array()
  let end = 0
  for (let line = 0; line <= HEAD_CANDLES && end < bytes.length; line++) {
    const next = bytes.indexOf(10, end)
    end = next === -1 ? bytes.length : next + 1
  }
  const part = bytes.subarray(0, end)
  return { head: { ...series, files: [part] }, text: Buffer.from(part).toString() }
}

/** Reading takes Grademark a tenth of a second for the head. */
const TEXT_PASSES = 5

async function textRate(text: string): Promise<number> {
  const ms = await durationMs(() => {
    for (let pass = 0; pass < TEXT_PASSES; pass++) grademarkFromText(text)
  })
  return ((TEXT_PASSES * HEAD_CANDLES) / ms) * 1000
}

async function measure(series: Series, rounds: number): Promise<Figure[]> {
  const { head, text } = headOf(series)
  const { columns, frame } = prepare(parseKlines(Buffer.from(text), { timeframe: head.timeframe }).columns)
  const candles = columns.open.length
  const counts = [ours(head, ['baseline']).trades, oursFromColumns(columns).trades, grademarkFromText(text).length]
  const all: number[] = []
  const ratios: { fromText: number[]; inMemory: number[] } = { fromText: [], inMemory: [] }
  const theirs: { fromText: number[]; inMemory: number[] } = { fromText: [], inMemory: [] }
  // The first round warms up.
  for (let round = 0; round <= rounds; round++) {
    const rate = await candlesPerSecond(() => ours(series, ['baseline', 'ml']))
    const fromText = [await candlesPerSecond(() => ours(head, ['baseline'])), await textRate(text)] as const
    const inMemory = [
      await candlesPerSecond(() => oursFromColumns(columns)),
      await candlesPerSecond(() => ({ candles, sum: grademark(frame).length })),
    ] as const
    const said = [fromText, inMemory].map(([mine, other]) => `${formatNumber(mine)}/s against ${formatNumber(other)}/s`)
    progress(
      `backtest, ${series.name}, round ${round}/${rounds}: ${formatNumber(rate)}/s; ${said.join(' from text, ')} in memory`,
    )
    if (round === 0) continue
    all.push(rate)
    ratios.fromText.push(fromText[0] / fromText[1])
    ratios.inMemory.push(inMemory[0] / inMemory[1])
    theirs.fromText.push(fromText[1])
    theirs.inMemory.push(inMemory[1])
  }
  const same = `ema_20 over ema_50 on ${HEAD_CANDLES} candles; trades: ours ${counts[0]} and ${counts[1]}, grademark ${counts[2]}, which decides neither on the candle it enters in nor on the one it leaves in`
  const against = { baseline: 'grademark 0.3.0', unit: 'times its candles/s', target: { atLeast: 20 } }
  return [
    {
      what: `backtest, ${series.name}`,
      baseline: null,
      unit: 'candles/s',
      values: all,
      target: { atLeast: 1_000_000 },
      note: 'arms baseline and ml from dumps in memory: parse, check, all indicators, fuse, decide, trade, equity by day',
    },
    {
      what: `backtest, ${series.name}, both from text`,
      ...against,
      values: ratios.fromText,
      note: `${formatNumber(median(theirs.fromText))} candles/s, read by data-forge; ours computes every indicator and score besides; ${same}`,
    },
    {
      what: `backtest, ${series.name}, both in memory`,
      ...against,
      values: ratios.inMemory,
      note: `${formatNumber(median(theirs.inMemory))} candles/s from a frame; the averages are there beforehand on both sides; ${same}`,
    },
  ]
}

await bench({ rounds: 5 }, async ({ rounds }) => {
  const figures = await measure(generatedSeries(), rounds)
  const real = await realSeries('1h')
  if (real === null) progress(`backtest: ${REAL_FOLDER} is not there and is left out`)
  else figures.push(...(await measure(real, rounds)))
  return figures
})
