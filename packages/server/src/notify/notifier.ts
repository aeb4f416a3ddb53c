import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { LeasedJob, Queue } from '../queue/queue.ts'
import { PoisonJobError, RetryJobError, startQueueWorker, type QueueWorker } from '../queue/worker.ts'
import type { Randomness } from '../random.ts'
import { alertMessage } from './alert-message.ts'
import type { Alerts } from './alerts.ts'
import { CHANNELS, sendTo, type ChannelConfig, type ChannelName, type Message } from './channels.ts'
import { OutsideError } from './call-outside.ts'

/** With the queue's backoff the last attempt comes after about ten minutes. */
const ATTEMPTS_MAX = 12
const LEASE_MS = 30_000
const POLL_MS = 1000
/** Many more than channels: messages that wait for the timeout of one channel leave room for those of the others. */
const CONCURRENCY = 16

interface NotifierDeps {
  config: ChannelConfig
  queue: Queue
  alerts: Pick<Alerts, 'takeGroup' | 'look'>
  clock: Clock
  random: Pick<Randomness, 'unit'>
  log: Log
}

/** Works through the notification queue: sends messages, and looks at alerts whose time has come. */
export function startNotifier(deps: NotifierDeps): QueueWorker {
  return startQueueWorker({
    ...deps,
    name: 'notification',
    concurrency: CONCURRENCY,
    leaseMs: LEASE_MS,
    pollEveryMs: POLL_MS,
    maxAttempts: ATTEMPTS_MAX,
    handle: (job) => perform(deps, job),
  })
}

type Task =
  | { kind: 'look'; alert: number; atMs: number }
  | { kind: 'group'; channel: ChannelName; group: number }
  | { kind: 'message'; channel: ChannelName; message: Message }

async function perform(deps: NotifierDeps, job: LeasedJob): Promise<void> {
  const task = taskOf(job)
  if (task.kind === 'look') {
    if (!(await deps.alerts.look(task.alert, task.atMs))) throw new RetryJobError(task.atMs, 'clock_set_back')
    return
  }
  const message = task.kind === 'group' ? alertMessage(await deps.alerts.takeGroup(task.group)) : task.message
  if (message !== null) await send(deps, job, task.channel, message)
}

async function send({ config, clock }: NotifierDeps, job: LeasedJob, channel: ChannelName, message: Message): Promise<void> {
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

function taskOf({ payload }: LeasedJob): Task {
  const fields = (typeof payload === 'object' && payload !== null ? payload : {}) as Record<string, unknown>
  const { look, at, group } = fields
  if (typeof look === 'number' && typeof at === 'number') return { kind: 'look', alert: look, atMs: at }
  const channel = CHANNELS.find((one) => one === fields['channel'])
  if (channel !== undefined && typeof group === 'number') return { kind: 'group', channel, group }
  const message = messageOf(fields)
  if (channel === undefined || message === null) throw new PoisonJobError('invalid_payload', 'the job is no notification')
  return { kind: 'message', channel, message }
}

function messageOf({ ts, severity, code, scope, message }: Record<string, unknown>): Message | null {
  const valid = typeof ts === 'number' && typeof code === 'string' && typeof scope === 'string' && typeof message === 'string'
  if (!valid || (severity !== 'red' && severity !== 'yellow' && severity !== 'info')) return null
  return { ts, severity, code, scope, message }
}
