import type { AlertPolicy } from '@spark/core/alert/alert'
import type { Config } from '../config.ts'
import { configuredChannels, type ChannelConfig, type ChannelName } from './channels.ts'

/** When an alert is told again, and to whom. */
export interface AlertRules extends AlertPolicy {
  /** Channels that hear of every alert. */
  told: readonly ChannelName[]
  /** Channels that hear of those that nobody acknowledged: all that are set up. */
  escalated: readonly ChannelName[]
}

const MINUTE_MS = 60_000
const DEFAULTS = { escalateAfterMin: 5, repeatMin: 15 }

/** Channels named in `escalateTo` hear of escalations only, unless no other is set up: an alert never goes to nobody. */
export function alertRulesOf(config: ChannelConfig & Pick<Config, 'file'>): AlertRules {
  const { escalateAfterMin, repeatMin, escalateTo = [] } = { ...DEFAULTS, ...config.file.alerts }
  const escalated = configuredChannels(config)
  const others = escalated.filter((channel) => !escalateTo.includes(channel))
  return {
    escalateAfterMs: escalateAfterMin * MINUTE_MS,
    repeatMs: repeatMin * MINUTE_MS,
    told: others.length > 0 ? others : escalated,
    escalated,
  }
}
