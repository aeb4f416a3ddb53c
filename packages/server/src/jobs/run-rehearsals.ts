import { fork, type ChildProcess } from 'node:child_process'
import { constants, setPriority } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { RetryJobError } from '../queue/worker.ts'
import type { ApartMessage } from '../rehearsal/apart-messages.ts'
import { removeReports } from '../rehearsal/rehearsal-files.ts'
import type { RehearsalStore, StoredRehearsal } from '../storage/rehearsal-store.ts'

const ENTRY = fileURLToPath(new URL('../rehearsal/apart.ts', import.meta.url))
const KEPT = 20
const LOOK_EVERY_MS = 500
const OUTPUT_SHOWN = 500
/** It comes again when the next executor asks. */
const AGAIN_MS = 1000

export interface Rehearsals {
  /** Rehearses one that was asked for, after those before it; resolves when it has ended. Rejects with StorageError. */
  run(id: string): Promise<void>
  /** Ends the one that runs. */
  stop(): Promise<void>
}

interface RehearsalDeps {
  dataDir: string
  store: RehearsalStore
  clock: Clock
  log: Log
  /** Starts the process; tests give another. */
  start?: (rehearsal: Pick<StoredRehearsal, 'id' | 'ask'>) => ChildProcess
}

/** Runs rehearsals one after the other, each in a process of its own with the least priority: scores and orders never wait for it. */
export async function startRehearsals(deps: RehearsalDeps): Promise<Rehearsals> {
  const { dataDir, store, clock, log, start = startApart } = deps
  await store.failRunning('its process ended before it did', clock.nowMs())
  let stopped = false
  let child: ChildProcess | null = null
  let turn: Promise<void> = Promise.resolve()

  async function rehearse(id: string): Promise<void> {
    if (stopped) throw new RetryJobError(clock.nowMs() + AGAIN_MS, 'the executor stops')
    const asked = await store.get(id)
    // Cancelled while it waited, or asked for twice.
    if (asked === null || !(await store.begin(id))) return
    child = start(asked)
    const ended = await follow(child, { id, store, clock, log })
    child = null
    await store.end(id, { ...ended, nowMs: clock.nowMs() })
    log.info({ rehearsal: id, ...ended }, 'a rehearsal has ended')
    for (const old of await store.prune(KEPT)) await removeReports(dataDir, old)
  }

  return {
    run(id) {
      const own = turn.then(() => rehearse(id))
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

function startApart({ id, ask }: Pick<StoredRehearsal, 'id' | 'ask'>): ChildProcess {
  // The executor's young memory is small because it lives long; this one makes much that dies at once.
  const execArgv = process.execArgv.filter((argument) => !argument.startsWith('--max-semi-space-size'))
  const child = fork(ENTRY, [id, JSON.stringify(ask)], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], execArgv })
  if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW)
  return child
}

type Ended = Pick<StoredRehearsal, 'state' | 'ok'> & { said: string }

/** Stores how far the process is, and ends it when somebody wants that. Resolves with how it ended. */
function follow(
  child: ChildProcess,
  { id, store, clock, log }: { id: string } & Pick<RehearsalDeps, 'store' | 'clock' | 'log'>,
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
      (error: unknown) => log.warn({ err: error, rehearsal: id }, 'how far a rehearsal is could not be stored'),
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
  if (last?.kind === 'done') return { state: 'done', ok: last.ok, said: last.said }
  if (cancelled) return { state: 'cancelled', ok: null, said: 'cancelled' }
  return { state: 'failed', ok: null, said: last?.kind === 'refused' ? last.said : why }
}
