import { fork, type ChildProcess } from 'node:child_process'
import { constants, setPriority } from 'node:os'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { RetryJobError } from '../queue/worker.ts'
import type { ApartEnd, ApartRuns } from '../storage/apart-runs.ts'
import type { ApartMessage } from './apart-messages.ts'

const LOOK_EVERY_MS = 500
const OUTPUT_SHOWN = 500
/** It comes again when the next executor asks. */
const AGAIN_MS = 1000

export interface ApartWork {
  /** Does one that was asked for, after those before it; resolves when it has ended. Rejects with StorageError. */
  run(id: string): Promise<void>
  /** Ends the one that runs. */
  stop(): Promise<void>
}

interface ApartDeps<Asked> {
  /** What it is called in the log. */
  name: string
  store: Pick<ApartRuns, 'failRunning' | 'begin' | 'progress'> & {
    get(id: string): Promise<Asked | null>
    /** `result`: what the process made, whole. */
    end(id: string, ended: ApartEnd & { result?: unknown }): Promise<void>
  }
  clock: Clock
  log: Log
  start: (asked: Asked) => ChildProcess
  /** After each that has ended. */
  afterwards: () => Promise<void>
}

/** Runs what was asked for, one after the other, each in a process of its own with the least priority: scores and orders never wait. */
export async function startApartWork<Asked>(deps: ApartDeps<Asked>): Promise<ApartWork> {
  const { name, store, clock, log, start } = deps
  await store.failRunning('its process ended before it did', clock.nowMs())
  let stopped = false
  let child: ChildProcess | null = null
  let turn: Promise<void> = Promise.resolve()

  async function work(id: string): Promise<void> {
    if (stopped) throw new RetryJobError(clock.nowMs() + AGAIN_MS, 'the executor stops')
    const asked = await store.get(id)
    // Cancelled while it waited, or asked for twice.
    if (asked === null || !(await store.begin(id))) return
    child = start(asked)
    // Somebody stopped while it was read.
    if (stopped) child.kill('SIGKILL')
    const { result, ...ended } = await follow(child, { id, store, clock, log })
    child = null
    await store.end(id, { ...ended, nowMs: clock.nowMs(), ...(result !== undefined && { result }) })
    log.info({ [name]: id, ...ended }, 'what ran apart has ended')
    await deps.afterwards()
  }

  return {
    run(id) {
      const own = turn.then(() => work(id))
      turn = own.catch(() => {})
      return own
    },
    async stop() {
      stopped = true
      child?.kill('SIGKILL')
      await turn
    },
  }
}

/** A process of its own with the least priority. */
export function forkApart(entry: string, words: readonly string[]): ChildProcess {
  // The executor's young memory is small because it lives long; this one makes much that dies at once.
  const execArgv = process.execArgv.filter((argument) => !argument.startsWith('--max-semi-space-size'))
  const child = fork(entry, words, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], execArgv })
  if (child.pid !== undefined) makeHumble(child.pid)
  return child
}

/** One that has ended meanwhile needs no priority; how it ended is told by who follows it. */
function makeHumble(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_LOW)
  } catch (error) {
    if (!(error instanceof Error && error.message.includes('ESRCH'))) throw error
  }
}

type Ended = Omit<ApartEnd, 'nowMs'> & { result?: unknown }

/** Stores how far the process is, and ends it when somebody wants that. Resolves with how it ended. */
function follow(
  child: ChildProcess,
  { id, store, clock, log }: { id: string; store: Pick<ApartRuns, 'progress'>; clock: Clock; log: Log },
): Promise<Ended> {
  let share = 0
  let cancelled = false
  let last: ApartMessage | null = null
  let said = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-OUTPUT_SHOWN)))
  child.on('message', (message: ApartMessage) => {
    if (message.kind === 'progress') share = message.share
    else last = message
  })
  const cancelLooking = clock.every(LOOK_EVERY_MS, () => {
    store.progress(id, share).then(
      (wanted) => {
        cancelled ||= wanted
        if (wanted) child.kill('SIGKILL')
      },
      (error: unknown) => log.warn({ err: error, id }, 'how far it is could not be stored'),
    )
  })
  return new Promise((resolve) => {
    const end = (why: string) => {
      cancelLooking()
      resolve(endOf(last, cancelled, why))
    }
    child.once('error', (error) => end(error.message))
    child.once('close', (code, signal) => end(said.trim() || `its process ended with ${code ?? signal ?? 'nothing'}`))
  })
}

function endOf(last: ApartMessage | null, cancelled: boolean, why: string): Ended {
  if (last?.kind === 'done') {
    const { ok, said, result } = last
    return { state: 'done', ok, said, ...(result !== undefined && { result }) }
  }
  if (cancelled) return { state: 'cancelled', ok: null, said: 'cancelled' }
  return { state: 'failed', ok: null, said: last?.kind === 'refused' ? last.said : why }
}
