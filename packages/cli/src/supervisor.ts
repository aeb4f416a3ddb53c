import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '@spark/server/clock'
import type { Config } from '@spark/server/config'
import type { SupervisorState, SwitchLine, SwitchRequest } from '@spark/server/supervisor/supervisor-contract'
import { readSupervisorRecord } from '@spark/server/supervisor/supervisor-record'
import { CheckFailed } from './output.ts'
import { untilHolds } from './until-holds.ts'

const ASK_TIMEOUT_MS = 3000
/** A switch of a command that was killed runs to its end first. */
const BUSY_LIMIT_MS = 60_000
const BUSY_LOOK_MS = 500

/** What the running supervisor says; null when none runs on this data folder. */
export async function askSupervisor(config: Config): Promise<SupervisorState | null> {
  try {
    const response = await call(config, '/state', { signal: AbortSignal.timeout(ASK_TIMEOUT_MS) })
    return response?.ok === true ? ((await response.json()) as SupervisorState) : null
  } catch (error) {
    if (error instanceof CheckFailed) throw error
    return null
  }
}

/** What it says when no switch is under way any more, or after a minute all the same. Rejects with CheckFailed when none runs. */
export async function idleSupervisor(config: Config): Promise<SupervisorState> {
  const deadlineMs = systemClock.monotonicMs() + BUSY_LIMIT_MS
  for (;;) {
    const state = await askSupervisor(config)
    if (state === null) throw new CheckFailed('spark up does not run on this data folder')
    if (state.busy === null || systemClock.monotonicMs() > deadlineMs) return state
    await systemClock.sleep(BUSY_LOOK_MS)
  }
}

/** Switches, telling each stage as it is over. Resolves with the canary's name; rejects with CheckFailed when it did not hold. */
export async function switchWorkers(
  config: Config,
  request: SwitchRequest,
  onStage: (text: string, ms: number) => void,
): Promise<string | null> {
  const response = await startSwitch(config, request)
  let end: SwitchLine | null = null
  for await (const line of linesOf(response)) {
    if (line.kind === 'stage') onStage(line.text, line.ms)
    else end = line
  }
  if (end?.kind === 'done') return end.worker
  throw new CheckFailed(end === null ? 'the supervisor ended before the switch was over' : end.text)
}

async function startSwitch(config: Config, request: SwitchRequest): Promise<Response> {
  const body = JSON.stringify(request)
  return untilHolds({ limitMs: BUSY_LIMIT_MS, everyMs: BUSY_LOOK_MS }, async () => {
    const response = await call(config, '/switch', { method: 'POST', body })
    if (response === null) throw new CheckFailed('spark up does not run on this data folder')
    if (response.ok) return { value: response }
    const problem = `the supervisor does not switch: ${((await response.json()) as { problem: string }).problem}`
    if (response.status !== 409) throw new CheckFailed(problem)
    return { problem }
  })
}

/** Null when nobody listens there. */
async function call(config: Config, path: string, init: RequestInit): Promise<Response | null> {
  const record = readSupervisorRecord(config.dataDir)
  if (record === null) return null
  const token = readFileSync(join(config.dataDir, 'operator.token'), 'utf8').trim()
  try {
    return await fetch(`http://127.0.0.1:${record.port}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${token}` },
      redirect: 'error',
    })
  } catch {
    return null
  }
}

async function* linesOf(response: Response): AsyncGenerator<SwitchLine> {
  let text = ''
  try {
    for await (const piece of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const lines = `${text}${piece}`.split('\n')
      text = lines.pop() ?? ''
      for (const line of lines) yield JSON.parse(line) as SwitchLine
    }
  } catch (error) {
    if (error instanceof SyntaxError) throw error
    // The supervisor is gone: who asked sees no last line.
  }
}
