// One executor of several on one PostgreSQL: `node bench/intents-executor.ts URL FOLDER FIRST COUNT`. Plans the wishes of COUNT strategies
// from FIRST on when its parent says for how long and how many a second (0: as many as go), and tells what came of it.
import { asManyAsGo, atFixedRate, planning } from './intent-load.ts'
import { openPath } from './order-path.ts'

/** What the parent asks for. */
export interface Asked {
  roundMs: number
  perSecond: number
}

/** What it is told: how many a second were durable, or how long each waited, ms. */
export interface Told {
  perSecond: number
  waits: number[]
}

const [url = '', folder = '', first = '0', count = '0'] = process.argv.slice(2)
const opened = await openPath(folder, url)
const work = planning(opened, Number(first))

process.on('message', ({ roundMs, perSecond }: Asked) => {
  const told =
    perSecond === 0
      ? asManyAsGo(work, roundMs, Number(count)).then((rate): Told => ({ perSecond: rate, waits: [] }))
      : atFixedRate(work, roundMs, perSecond).then((waits): Told => ({ perSecond: 0, waits }))
  void told.then((answer) => process.send?.(answer))
})
process.once('disconnect', () => process.exit())
process.send?.('ready')
