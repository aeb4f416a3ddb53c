import type { ExecutorProcess } from './executor-process.ts'
import { faultSpec, faultText, type Fault } from './fault.ts'
import { misbehave } from './fault-venue.ts'
import type { People } from './people.ts'
import type { World } from './world.ts'

interface ScheduleDeps {
  world: World
  people: People
  executor: () => ExecutorProcess | null
}

/** Lets the faults begin and end at their times. */
export function scheduleFaults(
  faults: readonly Fault[],
  deps: ScheduleDeps,
): { pending: () => readonly Fault[]; endAll: () => void } {
  const { world } = deps
  const pending = new Set(faults)
  const running = new Set<Fault>()
  const stopped = new Map<Fault, () => void>()

  function begin(fault: Fault): void {
    pending.delete(fault)
    world.timeline.add('fault', `${faultSpec(fault.kind).lasts ? 'begins: ' : ''}${faultText(fault)}`)
    if (faultSpec(fault.kind).lasts) {
      running.add(fault)
      world.faults.begin(fault)
    }
    misbehave(world.misbehaviour, world.faults)
    atOnce(fault, deps, stopped)
    deps.people.begin(fault)
    if (running.has(fault)) world.clock.after(fault.forMs, () => end(fault))
  }

  function end(fault: Fault): void {
    if (!running.delete(fault)) return
    world.faults.end(fault)
    misbehave(world.misbehaviour, world.faults)
    if (fault.kind === 'clock_forward') world.clock.step(-fault.strength * 1000)
    if (fault.kind === 'clock_back') world.clock.step(fault.strength * 1000)
    stopped.get(fault)?.()
    deps.people.end(fault)
    world.timeline.add('fault', `ends: ${faultText(fault)}`)
  }

  for (const fault of faults) world.clock.after(fault.atMs, () => begin(fault))
  return {
    pending: () => [...pending, ...running],
    endAll() {
      pending.clear()
      for (const fault of running) end(fault)
    },
  }
}

/** What is more than a state of things. */
function atOnce(fault: Fault, { world, executor }: ScheduleDeps, stopped: Map<Fault, () => void>): void {
  const { kind, strength, forMs } = fault
  if (kind === 'clock_forward') world.clock.step(strength * 1000)
  if (kind === 'clock_back') world.clock.step(-strength * 1000)
  if (kind === 'feed_gap') world.gaps.push({ fault, fromMs: world.clock.nowMs(), toMs: world.clock.nowMs() + forMs })
  const process = executor()
  if (process === null) return
  if (kind === 'crash') process.storage.dieAfter(strength, process.life)
  if (kind !== 'freeze') return
  const goOn = Promise.withResolvers<void>()
  stopped.set(fault, goOn.resolve)
  process.storage.stopAfter(strength, process.life, goOn.promise)
}
