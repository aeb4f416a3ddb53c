import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { LeasedJob, Queue } from '../queue/queue.ts'
import { PoisonJobError, RetryJobError, startQueueWorker, type QueueWorker } from '../queue/worker.ts'
import type { Randomness } from '../random.ts'
import { CHANNELS, sendTo, type ChannelConfig, type ChannelName, type Message } from './channels.ts'
import { OutsideError } from './call-outside.ts'

/** With the queue's backoff the last attempt comes after about ten minutes. */
const ATTEMPTS_MAX = 12
const LEASE_MS = 30_000
const POLL_MS = 1000

/** Sends what the notification queue holds. A channel that is away delays only its own messages. */
export function startNotifier(deps: {
  config: ChannelConfig
  queue: Queue
  clock: Clock
  random: Pick<Randomness, 'unit'>
  log: Log
}): QueueWorker {
  return startQueueWorker({
    ...deps,
    name: 'notification',
    concurrency: 4,
    leaseMs: LEASE_MS,
    pollEveryMs: POLL_MS,
    maxAttempts: ATTEMPTS_MAX,
    handle: (job) => send(deps, job),
  })
}

async function send({ config, clock }: { config: ChannelConfig; clock: Clock }, job: LeasedJob): Promise<void> {
  const { channel, message } = notificationOf(job)
  try {
    await sendTo(config, channel, message)
  } catch (error) {
    if (error instanceof RangeError) throw new PoisonJobError('channel_not_configured', error.message)
    if (!(error instanceof OutsideError)) throw error
    if (error.permanent) throw new PoisonJobError(error.code, `${channel}: ${error.message}`)
    if (error.retryAfterMs > 0 && job.attempt < ATTEMPTS_MAX)
      throw new RetryJobError(clock.nowMs() + error.retryAfterMs, error.code)
    throw error
  }
}

function notificationOf({ payload }: LeasedJob): { channel: ChannelName; message: Message } {
  const { channel, ts, severity, code, scope, message } = (
    typeof payload === 'object' && payload !== null ? payload : {}
  ) as Partial<Message> & { channel?: unknown }
  const known = CHANNELS.find((one) => one === channel)
  const valid = typeof ts === 'number' && typeof code === 'string' && typeof scope === 'string' && typeof message === 'string'
  if (known === undefined || !valid || (severity !== 'red' && severity !== 'yellow' && severity !== 'info'))
    throw new PoisonJobError('invalid_payload', 'the job is no notification')
  return { channel: known, message: { ts, severity, code, scope, message } }
}
