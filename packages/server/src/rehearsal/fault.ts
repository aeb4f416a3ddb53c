import { FAULT_TEXTS, type FaultUnit } from '@spark/contract/fault-texts'

/** What a strength means, and what it may be. */
interface Strength {
  unit: FaultUnit
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

type Shared<Unit> = Unit extends `share of ${infer Of}` ? Of : never
const share = (of: Shared<FaultUnit>, usual = 1): Strength => ({
  unit: `share of ${of}` as const,
  min: 0,
  max: 1,
  usual,
  drawn: [usual / 4, 1],
})
const amount = (unit: FaultUnit, min: number, max: number, usual: number): Strength => ({
  unit,
  min,
  max,
  usual,
  drawn: [Math.max(min, usual / 4), Math.min(max, usual * 3)],
})
const writes = (unit: FaultUnit): Strength => ({ unit, min: 0, max: 1000, usual: 0, drawn: [0, 40] })

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
  feed_silence: lasting('feed', FAULT_TEXTS.feed_silence, share('streams')),
  feed_gap: lasting('feed', FAULT_TEXTS.feed_gap, share('streams')),
  feed_flapping: lasting('feed', FAULT_TEXTS.feed_flapping, amount('s each', 2, 600, 40)),
  nan_candles: lasting('feed', FAULT_TEXTS.nan_candles, share('messages', 0.5)),
  duplicate_ticks: lasting('feed', FAULT_TEXTS.duplicate_ticks, share('messages', 0.5)),
  out_of_order_ticks: lasting('feed', FAULT_TEXTS.out_of_order_ticks, share('messages', 0.2)),
  backfill_away: lasting('feed', FAULT_TEXTS.backfill_away),
  clock_forward: lasting('clock', FAULT_TEXTS.clock_forward, amount('s', 1, 86_400, 60)),
  clock_back: lasting('clock', FAULT_TEXTS.clock_back, amount('s', 1, 86_400, 60)),
  latency: lasting('scores', FAULT_TEXTS.latency, amount('ms', 1, 60_000, 1600)),
  latency_ramp: lasting('scores', FAULT_TEXTS.latency_ramp, amount('ms', 1, 60_000, 3000)),
  error_burst: lasting('scores', FAULT_TEXTS.error_burst, share('scores', 0.03)),
  timeouts: lasting('scores', FAULT_TEXTS.timeouts, share('scores', 0.03)),
  partition: lasting('scores', FAULT_TEXTS.partition, share('scores')),
  api_away: lasting('scores', FAULT_TEXTS.api_away),
  broken_rows: lasting('scores', FAULT_TEXTS.broken_rows, share('scores', 0.05)),
  low_confidence: lasting('scores', FAULT_TEXTS.low_confidence, share('the way')),
  skewed_builds: lasting('scores', FAULT_TEXTS.skewed_builds),
  slow_disk: lasting('storage', FAULT_TEXTS.slow_disk, amount('ms', 1, 5000, 20)),
  locked_database: lasting('storage', FAULT_TEXTS.locked_database),
  full_disk: lasting('storage', FAULT_TEXTS.full_disk),
  crash: moment('process', FAULT_TEXTS.crash, writes('writes later')),
  freeze: lasting('process', FAULT_TEXTS.freeze, writes('statements later')),
  controller_away: lasting('process', FAULT_TEXTS.controller_away),
  poison_messages: lasting('queue', FAULT_TEXTS.poison_messages, amount('jobs', 1, 1000, 6)),
  dead_notifications: lasting('queue', FAULT_TEXTS.dead_notifications, amount('jobs', 1, 1000, 6)),
  late_labels: lasting('queue', FAULT_TEXTS.late_labels),
  venue_timeouts: lasting('venue', FAULT_TEXTS.venue_timeouts, share('orders', 0.5)),
  venue_5xx: lasting('venue', FAULT_TEXTS.venue_5xx, share('orders', 0.5)),
  venue_429: lasting('venue', FAULT_TEXTS.venue_429, share('orders', 0.5)),
  venue_clock_skew: lasting('venue', FAULT_TEXTS.venue_clock_skew, share('orders', 0.5)),
  venue_refuses: lasting('venue', FAULT_TEXTS.venue_refuses, share('orders', 0.5)),
  venue_away: lasting('venue', FAULT_TEXTS.venue_away),
  venue_late_fills: lasting('venue', FAULT_TEXTS.venue_late_fills),
  venue_duplicate_fills: lasting('venue', FAULT_TEXTS.venue_duplicate_fills, share('fills', 0.5)),
  venue_early_fills: lasting('venue', FAULT_TEXTS.venue_early_fills, share('orders', 0.5)),
  venue_not_found: lasting('venue', FAULT_TEXTS.venue_not_found, amount('ms', 1, 60_000, 3000)),
  kill_switch: lasting('people', FAULT_TEXTS.kill_switch),
  kill_strategy: lasting('people', FAULT_TEXTS.kill_strategy),
  rollback_by_hand: moment('people', FAULT_TEXTS.rollback_by_hand),
  preview_by_hand: moment('people', FAULT_TEXTS.preview_by_hand),
  pause: lasting('people', FAULT_TEXTS.pause),
  approve: moment('people', FAULT_TEXTS.approve),
  promote: moment('people', FAULT_TEXTS.promote, share('strategies')),
  ceiling: moment('people', FAULT_TEXTS.ceiling, share('strategies', 0.5)),
  override: moment('people', FAULT_TEXTS.override),
  wrong_commands: moment('people', FAULT_TEXTS.wrong_commands),
} as const satisfies Record<keyof typeof FAULT_TEXTS, FaultSpec>

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
