import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ML_FUSION_1_2, type Model, type Weights } from '@spark/core/signal/model'
import type { RolloutPlan } from '@spark/core/rollout/plan'
import { loadConfig, type Config } from '../config.ts'
import { SimulatedMarket } from '../feed/simulated-market.ts'
import { temporaryFolder } from '../storage/temporary-folder.ts'
import type { Fault } from './fault.ts'
import { recordedMarket } from './recorded-market.ts'
import { rehearse, type Rehearsal } from './rehearse.ts'
import { SCALED_PLAN } from './scaled-fixture.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'BNBUSDT', 'XRPUSDT', 'ADAUSDT']
const END = Date.UTC(2026, 0, 2)
/** An hour of the market takes 5 s, so that three weeks of it pass in half an hour. */
const SPEED = 720
const LIMIT_MS = 60 * MINUTE
const CANDLES = (LIMIT_MS * SPEED) / HOUR + 300

export interface GeneratedMarket {
  /** 1: what moves goes on; 0: nobody can know. */
  trendPersistence: number
  /** Of the paper venue, a side, share of the price. */
  feeRate: number
}

/** `ml-fusion-1.2` with other weights: a doctored candidate. */
export function candidateWith(weights: Weights): Model {
  return { ...ML_FUSION_1_2, version: 'candidate', weights, parent: ML_FUSION_1_2.version }
}

/** The scaled plan whose last step wants the model proven, or does not. */
export function planWith({ proven }: { proven: boolean }): RolloutPlan {
  return { ...SCALED_PLAN, steps: SCALED_PLAN.steps.map((step) => ({ ...step, proven: proven && step.share === 1 })) }
}

/** Rolls a candidate out against a generated market of 1h candles, labelled as it goes. */
export async function rehearseCandidate(
  model: Model,
  market: GeneratedMarket,
  { plan = planWith({ proven: false }), seed = 5, faults = [] }: { plan?: RolloutPlan; seed?: number; faults?: Fault[] } = {},
): Promise<Rehearsal> {
  const folder = writeMarket(market, seed)
  const config = configOf(market)
  const recorded = await recordedMarket(config, [folder], { speed: SPEED, lastsMs: LIMIT_MS, freshMs: 30_000 })
  const options = { plan, seed, faults, ceiling: 1, limitMs: LIMIT_MS, model, labelsEveryMs: MINUTE }
  return rehearse({ ...options, ...recorded })
}

function configOf({ feeRate }: GeneratedMarket): Config {
  const base = loadConfig({ POLL_INTERVAL_MS: '15000', CANARY_SYMBOL: 'BTCUSDT', CANARY_TIMEFRAME: '1h' })
  const strategies = SYMBOLS.flatMap((symbol, place) =>
    Array.from({ length: 2 }, (_, at) => ({
      id: `${symbol.toLowerCase()}-${at + 1}`,
      symbol,
      tf: '1h' as const,
      capital: 500 + 10 * place + at,
    })),
  )
  const risk = { maxDrawdownPercent: 100, maxDailyLossPercent: 100 }
  return { ...base, file: { strategies, risk, paper: { feeRate, halfSpreadBps: 0, impactBps: 0 } } }
}

function writeMarket({ trendPersistence }: GeneratedMarket, seed: number): string {
  const market = new SimulatedMarket({ seed, trendPersistence })
  const folder = temporaryFolder()
  for (const symbol of SYMBOLS) {
    const candles = market.candlesBefore({ symbol, tf: '1h' }, CANDLES, END, END)
    const text = candles.map(({ ts, o, h, l, c, v }) => `${ts},${o},${h},${l},${c},${v}\n`).join('')
    writeFileSync(join(folder, `${symbol}-1h-2025.csv`), text)
  }
  return folder
}
