import { finding } from '@spark/contract/finding'
import { configuredChannels } from '../notify/channels.ts'
import type { Move } from './triage-deps.ts'

/** Telegram takes 4,096. */
const CHARACTERS_MAX = 4000

/** Puts a message for every channel that is set up into the queue; the executor sends it. */
export const tellPeople: Move = async ({ apply, stores, config, clock }, { value, who }) => {
  const message = value?.trim() ?? ''
  if (message === '' || message.length > CHARACTERS_MAX)
    return { code: 'bad_request', problem: `the text has ${message.length} characters; 1 to ${CHARACTERS_MAX}` }
  const channels = configuredChannels(config)
  if (channels.length === 0) return { ok: false, findings: [finding('no_channel')] }
  const said = { ts: clock.nowMs(), severity: 'info', code: 'note', scope: 'operator', message }
  await stores.db.transaction().execute(async (trx) => {
    for (const channel of channels)
      await apply.parts.queue.enqueue(trx, {
        queue: 'notification',
        key: `note ${who.traceId} ${channel}`,
        payload: { channel, ...said },
      })
  })
  return {
    ok: true,
    findings: [finding('waits_to_be_sent', { channels: channels.join(', ') })],
    before: null,
    after: { channels, message },
  }
}
