import type { Config } from '../config.ts'
import type { Severity } from '@spark/core/alert/alert'
import { signedText } from '@spark/core/alert/alert-text'
import type { Notice } from '../storage/alert-notice-store.ts'
import { callOutside } from './call-outside.ts'

export const CHANNELS = ['slack', 'telegram', 'webhook'] as const
export type ChannelName = (typeof CHANNELS)[number]

/** What must be set for each. */
export const CHANNEL_SETTINGS: Record<ChannelName, string> = {
  slack: 'SLACK_WEBHOOK_URL',
  telegram: 'TELEGRAM_BOT_TOKEN and TELEGRAM_CHAT_ID',
  webhook: 'ALERT_WEBHOOK_URL',
}

export interface Message {
  ts: number
  severity: Severity | 'info'
  code: string
  scope: string
  message: string
  /** What people read; without it, one line of severity and message. */
  text?: string
  /** All that the message tells of, the worst first; the fields above are the first one's. */
  alerts?: readonly Notice[]
}

export type ChannelConfig = Pick<
  Config,
  'slackWebhookUrl' | 'telegramBotToken' | 'telegramChatId' | 'telegramUrl' | 'alertWebhookUrl' | 'notifyPrivate'
>

/** Those that are configured. */
export function configuredChannels(config: ChannelConfig): ChannelName[] {
  return CHANNELS.filter((channel) => addressOf(config, channel) !== null)
}

/** Sends a message once. Rejects with OutsideError. */
export async function sendTo(config: ChannelConfig, channel: ChannelName, message: Message): Promise<void> {
  const url = addressOf(config, channel)
  if (url === null) throw new RangeError(`${channel} is not configured`)
  await callOutside({ url, body: bodyFor(config, channel, message), allowPrivate: config.notifyPrivate })
}

function addressOf(config: ChannelConfig, channel: ChannelName): string | null {
  if (channel === 'slack') return config.slackWebhookUrl
  if (channel === 'webhook') return config.alertWebhookUrl
  return config.telegramBotToken === '' ? null : `${config.telegramUrl}/bot${config.telegramBotToken}/sendMessage`
}

function textOf({ text, severity, message }: Message): string {
  return text ?? signedText(severity, message)
}

function bodyFor(config: ChannelConfig, channel: ChannelName, message: Message): unknown {
  if (channel === 'slack') return { text: escapeSlack(textOf(message)) }
  if (channel === 'telegram')
    return { chat_id: config.telegramChatId, text: textOf(message), link_preview_options: { is_disabled: true } }
  return { source: 'spark', ...message, text: textOf(message) }
}

/** https://docs.slack.dev/messaging/formatting-message-text: these three, and nothing else. */
function escapeSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
