/** Code that processes run: a folder and what it was built from. */
export interface Release {
  sha: string
  dir: string
}

export interface WorkerState {
  /** `api-1`, `api-2` …: also its name in audit and reports. */
  name: string
  pid: number | null
  /** Where this worker alone answers; null while it starts. */
  url: string | null
  sha: string
  dir: string
  state: 'starting' | 'serving' | 'draining'
  /** It runs beside the others until a rolling deploy or a rollback. */
  canary: boolean
  restarts: number
}

/** GET /state of the supervisor. */
export interface SupervisorState {
  pid: number
  version: string
  /** What all processes run, but a canary; `sinceMs`: when the switch to it began. */
  release: Release & { sinceMs: number }
  /** The switch that is under way; a second one is refused. */
  busy: string | null
  workers: WorkerState[]
  executor: { pid: number | null; sha: string; dir: string; restarts: number }
}

/**
 * POST /switch: canary adds a worker, end_canary takes it away; rolling replaces workers, then the executor; restart replaces
 * workers by their own release.
 */
export interface SwitchRequest {
  kind: 'canary' | 'end_canary' | 'rolling' | 'restart'
  /** Of canary and rolling. */
  release: Release | null
  /** Of rolling: where the release that runs lies by itself, should all have to return to it. A checkout may have moved on. */
  back: Release | null
  /** Of rolling: what runs gives way to a rollback. */
  givesWay?: boolean
  /** Model that a rollout under way is frozen to: a worker that scores with another is not taken. */
  modelHash: string | null
}

/** The answer to a switch, a line of JSON each, as they happen; the last is done or problem. */
export type SwitchLine =
  | { kind: 'stage'; text: string; ms: number }
  | { kind: 'done'; worker: string | null }
  | { kind: 'problem'; text: string }

/** supervisor.json in the data folder: where the supervisor is asked, and what it runs or ran last. */
export interface SupervisorRecord {
  pid: number
  port: number
  release: Release & { sinceMs: number }
  /** Null before the first rollback. */
  followed: Followed | null
  /** What ran until the newest return, and since when. Null: nothing did, or it was deployed again since. */
  gaveWay: (Pick<Release, 'sha'> & { sinceMs: number }) | null
}

/** The newest rollback after which what runs was to give way to the last good release. */
export interface Followed {
  rollout: string
  /** How often that was begun. */
  tries: number
  /** It came to an end, good or bad: it is not begun again. */
  over: boolean
}
