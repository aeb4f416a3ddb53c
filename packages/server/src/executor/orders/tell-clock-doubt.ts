import { told } from '@spark/contract/told'
import type { OrderPath } from './order-path.ts'

const ABOUT = { code: 'clock_stepped', scope: 'clock' } as const
const MEANS = "no order increases risk until the market's time agrees"

/** Stores and tells once when the clock is not believed any more, and when it is again; the refusing is done by the doubt itself. */
export async function tellClockDoubt(path: OrderPath): Promise<void> {
  const { name } = path.venue
  const doubt = path.clockDoubt()
  if (doubt === (await path.venues.entriesStopped(path.db, name))) return
  await path.db.transaction().execute(async (trx) => {
    await path.venues.stopEntries(trx, name, doubt, path.clock.nowMs())
    if (doubt === null) await path.alerts.resolve(trx, ABOUT.code, ABOUT.scope, told('clock_agrees'))
    else await path.alerts.raise(trx, { severity: 'red', ...ABOUT, message: told('clock_doubted', { told: doubt }) })
    await path.outbox.add(trx, [
      {
        ts: path.wallMs(),
        action: doubt === null ? 'clock.agrees' : 'clock.stepped',
        actor: 'executor',
        result: doubt === null ? 'ok' : 'err',
        ...(doubt !== null && { _err: ABOUT.code }),
        context: { venue: name, reason: doubt },
      },
    ])
  })
  if (doubt === null) path.log.warn("the market's time agrees with the clock again; orders go on")
  else path.log.error({ reason: doubt }, MEANS)
  path.committed()
}
