/** What a strength means, and what it may be. */
interface Strength {
  unit: string
  min: number
  max: number
  /** When the file gives none. */
  usual: number
  /** Between these when a seed draws it. */
  drawn: readonly [low: number, high: number]
}

interface FaultSpec {
  /** What is at fault; a seed draws from each group alike. */
  group: Group
  meaning: string
  /** Null: there is nothing to be strong about. */
  strength: Strength | null
  /** False: it happens at one moment. */
  lasts: boolean
}

const share = (of: string, usual = 1): Strength => ({
  unit: `share of ${of}`,
  min: 0,
  max: 1,
  usual,
  drawn: [usual / 4, 1],
})
const amount = (unit: string, min: number, max: number, usual: number): Strength => ({
  unit,
  min,
  max,
  usual,
  drawn: [Math.max(min, usual / 4), Math.min(max, usual * 3)],
})
const writes = (unit: string): Strength => ({ unit, min: 0, max: 1000, usual: 0, drawn: [0, 40] })

type Group = 'feed' | 'clock' | 'scores' | 'storage' | 'process' | 'queue' | 'venue' | 'people'

const lasting = (group: Group, meaning: string, strength: Strength | null = null): FaultSpec => ({
  group,
  meaning,
  strength,
  lasts: true,
})
const moment = (group: Group, meaning: string, strength: Strength | null = null): FaultSpec => ({
  group,
  meaning,
  strength,
  lasts: false,
})

/** Everything that may befall a rehearsal. What it means for the rollout is decided by the rollout, not here. */
export const FAULTS = {
  feed_silence: lasting('feed', 'streams send nothing; their candles can be fetched afterwards', share('streams')),
  feed_gap: lasting('feed', 'the exchange stands still: no messages, and no candles of that time ever', share('streams')),
  feed_flapping: lasting('feed', 'streams go silent and come back, again and again', amount('s each', 2, 600, 40)),
  nan_candles: lasting('feed', 'market messages with NaN prices', share('messages', 0.5)),
  duplicate_ticks: lasting('feed', 'market messages come twice', share('messages', 0.5)),
  out_of_order_ticks: lasting('feed', 'market messages come late, behind newer ones', share('messages', 0.2)),
  backfill_away: lasting('feed', 'the source cannot be asked for missing candles'),
  clock_forward: lasting('clock', 'the wall clock steps forward, and back at the end', amount('s', 1, 86_400, 60)),
  clock_back: lasting('clock', 'the wall clock steps back, and forward at the end', amount('s', 1, 86_400, 60)),
  latency: lasting('scores', 'scores take this much longer', amount('ms', 1, 60_000, 1600)),
  latency_ramp: lasting('scores', 'scores take longer and longer, up to this at the end', amount('ms', 1, 60_000, 3000)),
  error_burst: lasting('scores', 'the api answers 503', share('scores', 0.03)),
  timeouts: lasting('scores', 'scores are never answered', share('scores', 0.03)),
  partition: lasting('scores', 'the executor cannot reach the api', share('scores')),
  api_away: lasting('scores', 'the api is down: no answers, and no report of what it runs'),
  broken_rows: lasting('scores', 'feature rows lose an indicator on their way', share('scores', 0.05)),
  low_confidence: lasting('scores', 'a market without direction: indicators move towards neutral', share('the way')),
  skewed_builds: lasting('scores', 'the api runs another build than the executor'),
  slow_disk: lasting('storage', 'each statement of the executor takes longer', amount('ms', 1, 5000, 20)),
  locked_database: lasting('storage', 'another process holds the database: nothing can be written'),
  full_disk: lasting('storage', 'nothing can be written'),
  crash: moment(
    'process',
    'the executor dies after this many more writes, and is started again 3 s later',
    writes('writes later'),
  ),
  freeze: lasting('process', 'the executor is stopped (SIGSTOP) after this many more statements', writes('statements later')),
  controller_away: lasting('process', 'the controller does not tick; everything else runs'),
  poison_messages: lasting('queue', 'jobs that nobody can read, discarded at the end', amount('jobs', 1, 1000, 6)),
  dead_notifications: lasting('queue', 'notifications that nobody could deliver', amount('jobs', 1, 1000, 6)),
  late_labels: lasting('queue', 'the job that labels decisions does not run; it makes up for it at the end'),
  venue_timeouts: lasting('venue', 'the venue takes orders and the answer is lost', share('orders', 0.5)),
  venue_5xx: lasting('venue', 'the venue fails without having taken the order', share('orders', 0.5)),
  venue_429: lasting('venue', 'the venue says that it is asked too often', share('orders', 0.5)),
  venue_clock_skew: lasting('venue', 'the venue refuses because of our clock', share('orders', 0.5)),
  venue_refuses: lasting('venue', 'the venue refuses orders', share('orders', 0.5)),
  venue_away: lasting('venue', 'the venue cannot be reached'),
  venue_late_fills: lasting('venue', 'the venue fills nothing until the end'),
  venue_duplicate_fills: lasting('venue', 'the venue tells fills twice', share('fills', 0.5)),
  venue_early_fills: lasting('venue', 'the venue fills before it answers', share('orders', 0.5)),
  venue_not_found: lasting('venue', 'the venue says "not found" of orders that it just took', amount('ms', 1, 60_000, 3000)),
  kill_switch: lasting('people', 'a person sets the kill switch of all; it is lifted at the end'),
  kill_strategy: lasting('people', 'a person sets the kill switch of one strategy; it is lifted at the end'),
  rollback_by_hand: moment('people', 'a person rolls back'),
  preview_by_hand: moment('people', 'a person goes preview-only'),
  pause: lasting('people', 'a person pauses, and resumes at the end'),
  approve: moment('people', 'a person approves'),
  promote: moment('people', 'a person promotes up to this share', share('strategies')),
  ceiling: moment('people', 'a deploy approves up to this share, more or less than before', share('strategies', 0.5)),
  override: moment('people', 'two people override'),
  wrong_commands: moment('people', 'commands that make no sense now, or never'),
} as const satisfies Record<string, FaultSpec>

export type FaultKind = keyof typeof FAULTS
export const FAULT_KINDS = Object.keys(FAULTS) as FaultKind[]

/** Times in ms since the rollout began. */
export interface Fault {
  kind: FaultKind
  atMs: number
  /** 0 for one of a moment. */
  forMs: number
  strength: number
}

export function faultSpec(kind: FaultKind): FaultSpec {
  return FAULTS[kind]
}

/** `latency, 1600 ms, for 20 min`; `error_burst, 3 % of scores, for 1 h 30 min`. */
export function faultText({ kind, forMs, strength }: Fault): string {
  const { strength: meant } = faultSpec(kind)
  const strong = meant === null ? [] : [strengthText(meant.unit, strength)]
  return [kind, ...strong, ...(forMs > 0 ? [`for ${durationText(forMs)}`] : [])].join(', ')
}

function strengthText(unit: string, strength: number): string {
  return unit.startsWith('share') ? `${rounded(100 * strength)} %${unit.slice('share'.length)}` : `${rounded(strength)} ${unit}`
}

/** `45 s`, `20 min`, `1 h 30 min`. */
export function durationText(ms: number): string {
  if (ms < 120_000) return `${rounded(ms / 1000)} s`
  const minutes = Math.round(ms / 6000) / 10
  const hours = Math.floor(minutes / 60)
  const rest = rounded(minutes - 60 * hours)
  return [...(hours > 0 ? [`${hours} h`] : []), ...(rest > 0 ? [`${rest} min`] : [])].join(' ')
}

const rounded = (value: number): number => Math.round(value * 100) / 100

/** The faults of this moment. */
export class ActiveFaults {
  readonly #active = new Map<FaultKind, Fault[]>()

  begin(fault: Fault): void {
    this.#active.set(fault.kind, [...(this.#active.get(fault.kind) ?? []), fault])
  }

  end(fault: Fault): void {
    const rest = (this.#active.get(fault.kind) ?? []).filter((one) => one !== fault)
    if (rest.length > 0) this.#active.set(fault.kind, rest)
    else this.#active.delete(fault.kind)
  }

  /** Nothing is wrong. */
  get none(): boolean {
    return this.#active.size === 0
  }

  /** The one that began last, or null. */
  of(kind: FaultKind): Fault | null {
    return this.#active.get(kind)?.at(-1) ?? null
  }

  /** Its strength, 0 while there is none. */
  strength(kind: FaultKind): number {
    return this.of(kind)?.strength ?? 0
  }
}
