import { timeframeMs } from '@spark/core/market/timeframe'
import { configuredChannels } from '../../notify/channels.ts'
import type { ApiDeps } from '../deps.ts'
import { demoReasons } from '../demo-reasons.ts'
import { handle } from '../handle.ts'
import { marketNowMs } from './trading.ts'

const CANDLES_DEFAULT = 300

export function installationRoutes(app: Parameters<typeof handle>[0], deps: ApiDeps): void {
  const { config, clock, executor, rollout, candles } = deps
  const channels = configuredChannels(deps.triage.config)
  handle(app, 'installation', async () => {
    const { version, buildSha, feed, venueName: venue, canary, clockSpeed } = config
    const executorReachable = await executor.reachable()
    const { mode } = rollout.now()
    const demo = demoReasons({ feed, venue, mode, executorReachable })
    return { nowMs: clock.nowMs(), clockSpeed, version, buildSha, feed, venue, canary, mode, executorReachable, channels, demo }
  })
  handle(app, 'candles', async ({ query: { symbol = config.canary.symbol, tf = config.canary.tf, limit } }) => {
    const count = limit === undefined ? CANDLES_DEFAULT : Number(limit)
    const nowMs = await marketNowMs(deps)
    const found = await candles.range({ symbol, tf }, nowMs - (count + 1) * timeframeMs(tf), nowMs, count + 1)
    return { items: found.slice(-count).map(({ ts, o, h, l, c, v }) => ({ ts, o, h, l, c, v })) }
  })
}
