import type { Command } from '@spark/core/rollout/outcome'
import { liftKillSwitch, setKillSwitch } from '../kill-switch.ts'
import { commandRollout } from '../rollout/decide-rollout.ts'
import { StorageError } from '../storage/storage-error.ts'
import { AT_ONCE } from '../queue/queue.ts'
import type { ApiProcess } from './api-process.ts'
import type { Fault } from './fault.ts'
import type { World } from './world.ts'

/** Who cannot be heard tries again after this. */
const AGAIN_MS = 2000
const WHO = 'ada'

/** What somebody said, and what came of it; `answer` null: it was taken. */
export interface Said {
  what: string
  answer: string | null
}

export interface People {
  begin: (fault: Fault) => void
  end: (fault: Fault) => void
}

/** People who act on the rollout through the api, and try again when storage is away. */
export function createPeople(world: World, api: ApiProcess, onSaid: (said: Said) => void): People {
  const random = world.random.people
  const dead = new Map<Fault, string[]>()

  async function say(command: Command): Promise<void> {
    const answer = await commandRollout(api.rollout, command, { actor: command.by, traceId: random.traceId() })
    onSaid({ what: saidText(command), answer: 'problem' in answer ? answer.problem : null })
  }

  function insist(work: () => Promise<void>): void {
    work().catch((error: unknown) => {
      if (!(error instanceof StorageError)) throw error
      world.clock.after(AGAIN_MS, () => insist(work))
    })
  }

  async function switchKill(fault: Fault, isSet: boolean): Promise<void> {
    const scope = fault.kind === 'kill_switch' ? 'all' : `strategy:${(await api.stores.strategies.list())[0]?.id ?? ''}`
    const change = isSet ? setKillSwitch : liftKillSwitch
    await change(api.rollout, { scope, reason: 'rehearsal', actor: WHO, traceId: random.traceId() })
    onSaid({ what: `${isSet ? 'kill' : 'unkill'} ${scope}`, answer: null })
  }

  async function poison(fault: Fault, queue: 'order' | 'notification'): Promise<void> {
    const keys = Array.from({ length: fault.strength }, (_, at) => `poison ${fault.atMs} ${at}`)
    dead.set(fault, keys)
    const { stores } = api
    await stores.db.transaction().execute(async (trx) => {
      for (const key of keys) await api.queue.enqueue(trx, { queue, key, payload: { kind: 'unreadable' }, runAt: AT_ONCE })
    })
    if (queue === 'order') return
    // Nobody works the notifications of a rehearsal: they die here, as after the last attempt.
    for (const job of await api.queue.lease(queue, { limit: keys.length, leaseMs: 1000 }))
      await api.queue.bury(job, 'attempts_exhausted', 'nobody answers')
  }

  async function discard(fault: Fault): Promise<void> {
    const keys = new Set(dead.get(fault))
    for (const letter of await api.queue.deadLetters({ limit: 1000 }))
      if (keys.has(letter.key)) await api.queue.discard(letter.id)
  }

  const plain = (kind: 'pause' | 'resume' | 'approve' | 'preview' | 'rollback') => say({ kind, by: WHO, reason: 'rehearsal' })
  const begins: Partial<Record<Fault['kind'], (fault: Fault) => Promise<void>>> = {
    kill_switch: (fault) => switchKill(fault, true),
    kill_strategy: (fault) => switchKill(fault, true),
    rollback_by_hand: () => plain('rollback'),
    preview_by_hand: () => plain('preview'),
    pause: () => plain('pause'),
    approve: () => plain('approve'),
    promote: ({ strength }) => say({ kind: 'promote', by: WHO, reason: 'rehearsal', share: strength }),
    ceiling: ({ strength }) => say({ kind: 'ceiling', by: WHO, reason: 'rehearsal', share: strength }),
    override: () => say({ kind: 'override', by: WHO, reason: 'rehearsal', second: 'grace' }),
    wrong_commands: () => talkNonsense(say),
    poison_messages: (fault) => poison(fault, 'order'),
    dead_notifications: (fault) => poison(fault, 'notification'),
  }
  const ends: Partial<Record<Fault['kind'], (fault: Fault) => Promise<void>>> = {
    kill_switch: (fault) => switchKill(fault, false),
    kill_strategy: (fault) => switchKill(fault, false),
    pause: () => plain('resume'),
    poison_messages: discard,
    dead_notifications: discard,
  }
  return {
    begin(fault) {
      const act = begins[fault.kind]
      if (act !== undefined) insist(() => act(fault))
    },
    end(fault) {
      const act = ends[fault.kind]
      if (act !== undefined) insist(() => act(fault))
    },
  }
}

/** None of these may change anything. */
async function talkNonsense(say: (command: Command) => Promise<void>): Promise<void> {
  const by = WHO
  await say({ kind: 'override', by, second: ` ${WHO.toUpperCase()} `, reason: 'one person is not two' })
  await say({ kind: 'override', by, second: 'grace', reason: '  ' })
  await say({ kind: 'unkill', by, reason: 'nothing is killed' })
  await say({ kind: 'resume', by, reason: 'nothing is paused' })
}

function saidText(command: Command): string {
  const share = 'share' in command ? ` ${Math.round(command.share * 100)} %` : ''
  return `${command.kind}${share}${'second' in command ? ` with ${command.second.trim()}` : ''}`
}
