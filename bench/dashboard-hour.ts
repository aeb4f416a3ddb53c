// The overview open for an hour on `spark up` as its user starts it, live updates coming at their normal rate: the JavaScript heap
// after a forced collection at minute 60 against minute 5. Takes an hour, so it runs only when it is named.
import type { CDPSession } from 'playwright-core'
import { RECENT_MAX } from '@spark/dashboard/live/stream-state'
import { systemClock } from '@spark/server/clock'
import { openPage, settled, startDashboard } from './dashboard-page.ts'
import { featureRows } from './feature-rows.ts'
import { formatNumber, type Figure } from './figure.ts'
import { bench, progress } from './support.ts'

const MINUTE_MS = 60_000
const STEP_MIN = 5
const LAST_MIN = 60
const MB = 2 ** 20
/** What a first collection finalizes, a second one frees. */
const COLLECTIONS = 3

interface Sample {
  minute: number
  heapMb: number
  nodes: number
}

async function sampled(cdp: CDPSession, minute: number): Promise<Sample> {
  for (let count = 0; count < COLLECTIONS; count++) await cdp.send('HeapProfiler.collectGarbage')
  const { usedSize } = await cdp.send('Runtime.getHeapUsage')
  const { nodes } = await cdp.send('Memory.getDOMCounters')
  return { minute, heapMb: usedSize / MB, nodes }
}

/** Counts what the event stream brings, without keeping it. */
const COUNT_EVENTS = `
  window.eventsSeen = 0
  const listen = EventSource.prototype.addEventListener
  EventSource.prototype.addEventListener = function (type, listener) {
    return listen.call(this, type, (event) => { window.eventsSeen += 1; listener(event) })
  }`

/** The list of recent actions is full from the start, as in any installation that has run for half an hour: its filling is no leak. */
async function fillRecent(url: string): Promise<void> {
  for (const feature of featureRows(RECENT_MAX, systemClock.nowMs())) {
    const { status } = await fetch(new URL('/api/ml/score', url), { method: 'POST', body: JSON.stringify({ feature }) })
    if (status !== 200) throw new Error(`POST /api/ml/score answered ${status}`)
  }
}

await bench({ rounds: 1 }, async ({ folder }) => {
  const { url, browser } = await startDashboard(folder, { SPARK_RATE_LIMIT_PER_MIN: '1000000' })
  await fillRecent(url)
  const { page, cdp } = await openPage(browser, url, COUNT_EVENTS)
  await settled(page)
  const startMs = systemClock.monotonicMs()
  const samples: Sample[] = []
  for (let minute = STEP_MIN; minute <= LAST_MIN; minute += STEP_MIN) {
    await systemClock.sleep(startMs + minute * MINUTE_MS - systemClock.monotonicMs())
    const sample = await sampled(cdp, minute)
    samples.push(sample)
    progress(`dashboard-hour, minute ${minute}: heap ${formatNumber(sample.heapMb)} MB, ${sample.nodes} nodes`)
  }
  const events = await page.evaluate<number>('window.eventsSeen')
  const [first, last] = [samples[0], samples.at(-1)]
  if (first === undefined || last === undefined) throw new Error('nothing was sampled')
  const heaps = samples.map(({ heapMb }) => formatNumber(heapMb)).join(', ')
  const figure: Figure = {
    what: 'overview open for an hour, growth of its JavaScript heap',
    baseline: 'the same page at minute 5',
    unit: '%',
    values: [(last.heapMb / first.heapMb - 1) * 100],
    target: { under: 10 },
    note:
      `after a forced collection: ${formatNumber(first.heapMb)} MB at minute ${first.minute}, ${formatNumber(last.heapMb)} MB at minute ${last.minute}; ` +
      `every ${STEP_MIN} minutes: ${heaps} MB; nodes ${first.nodes} and ${last.nodes}; ${formatNumber(events)} events came`,
  }
  return [figure]
})
