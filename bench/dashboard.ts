// The dashboard on `spark up` as its user starts it, in the Chromium of the tests: JavaScript before the first view, largest
// contentful paint in a browser that has kept nothing, and the frames of scrolling through 10,000 strategies, against those of a
// page with nothing but its height. That browser draws without a graphics processor: the baseline says what this alone costs.
import { statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { buildFolder } from '@spark/server/dashboard/dashboard-files'
import { openPage, settled, startDashboard, type Dashboard, type Opened } from './dashboard-page.ts'
import { formatNumber, median, quantile, type Figure } from './figure.ts'
import { ROOT } from './processes.ts'
import { bench, progress, temporaryFolder, until } from './support.ts'

const STRATEGIES = 10_000
const KB = 1000
const FRAME_LIMIT_MS = 50
interface Pace {
  name: string
  px: number
  pxPerS: number
}
const PACES = [
  { name: 'flicked through', px: 40_000, pxPerS: 8000 },
  // Twenty rows a second.
  { name: 'read on the way', px: 6000, pxPerS: 1200 },
] as const satisfies Pace[]
const PLACE = { x: 640, y: 500 }

function manyStrategies(folder: string): string {
  const path = join(temporaryFolder(folder), 'spark.yaml')
  const entries = Array.from({ length: STRATEGIES }, (_, at) => `  - { id: s-${at}, symbol: BTCUSDT, tf: 1h }\n`)
  writeFileSync(path, `strategies:\n${entries.join('')}`)
  return path
}

interface FirstView {
  scripts: number
  gzipKb: number
  paintMs: number
  /** What was painted then. */
  painted: string
}

const WATCH_PAINT = `
  window.paint = { paintMs: NaN, painted: '' }
  new PerformanceObserver((list) => {
    for (const { startTime, element } of list.getEntries())
      window.paint = { paintMs: startTime, painted: (element?.textContent ?? '').slice(0, 60) }
  }).observe({ type: 'largest-contentful-paint', buffered: true })`

const PAINT_LIMIT_MS = 30_000

/** Resolves when something was painted. Playwright's ways to ask put a script of 300 kB into the page first, in the midst of its start. */
async function painted(cdp: Opened['cdp']): Promise<void> {
  await until('something is painted', PAINT_LIMIT_MS, 50, async () => {
    const { result } = await cdp.send('Runtime.evaluate', { expression: 'window.paint.painted' })
    return result.value !== ''
  })
}

/** Everything the overview asks for until no part of it waits for its data, each file in the size in which it is served. */
async function firstView({ browser, url }: Dashboard): Promise<FirstView> {
  const { context, page, cdp } = await openPage(browser, url, WATCH_PAINT)
  await painted(cdp)
  await settled(page)
  const names = await page.evaluate<string[]>(
    "performance.getEntriesByType('resource').map(({ name }) => name).filter((name) => name.endsWith('.js'))",
  )
  const assets = join(buildFolder(ROOT) ?? '', 'assets')
  const bytes = names.reduce((sum, name) => sum + statSync(join(assets, `${basename(name)}.gz`)).size, 0)
  const paint = await page.evaluate<Pick<FirstView, 'paintMs' | 'painted'>>('window.paint')
  await context.close()
  return { scripts: names.length, gzipKb: bytes / KB, ...paint }
}

const WATCH_FRAMES = `
  window.frames_ = []
  let last = null
  const frame = (now) => { if (last !== null) window.frames_.push(now - last); last = now; requestAnimationFrame(frame) }
  requestAnimationFrame(frame)`
const EMPTY_PAGE = `data:text/html,<title>empty</title><body style="height:80000px">`

/** Durations of the frames while a hand scrolls down, ms. */
async function scrolled({ page, cdp }: Opened, { px, pxPerS }: Pace): Promise<number[]> {
  await page.evaluate(WATCH_FRAMES)
  await cdp.send('Input.synthesizeScrollGesture', { ...PLACE, yDistance: -px, speed: pxPerS })
  return page.evaluate<number[]>('window.frames_')
}

interface Scroll {
  strategies: number[]
  empty: number[]
}

async function scrollOnce({ browser, url }: Dashboard, pace: Pace): Promise<Scroll> {
  const empty = await openPage(browser, EMPTY_PAGE)
  const emptyFrames = await scrolled(empty, pace)
  await empty.context.close()
  const list = await openPage(browser, `${url}strategies`)
  await settled(list.page)
  const strategyFrames = await scrolled(list, pace)
  const top = await list.page.evaluate<number>(
    "document.querySelector('main li[aria-posinset]')?.closest('[role=group]')?.scrollTop ?? 0",
  )
  if (top < pace.px / 2) throw new Error(`the list was scrolled to ${top} px only`)
  await list.context.close()
  return { strategies: strategyFrames, empty: emptyFrames }
}

function viewFigures(views: readonly FirstView[]): Figure[] {
  return [
    {
      what: 'JavaScript before the first view, gzip',
      baseline: null,
      unit: 'kB',
      values: views.map(({ gzipKb }) => gzipKb),
      target: { under: 200 },
      note: `${views[0]?.scripts} files, all that the overview with its charts asks for`,
    },
    {
      what: 'largest contentful paint of the overview',
      baseline: null,
      unit: 'ms',
      values: views.map(({ paintMs }) => paintMs),
      target: { under: 1500 },
      note: 'a new browser profile each time, 1280 × 850, api and executor on the same two processors',
    },
  ]
}

function scrollFigures({ name: how, px, pxPerS }: Pace, scrolls: readonly Scroll[]): Figure[] {
  const baseline = 'an empty page scrolled the same way'
  const longest = (pick: (scroll: Scroll) => number[]) => scrolls.map((scroll) => Math.max(...pick(scroll)))
  const p99 = (pick: (scroll: Scroll) => number[]) => scrolls.map((scroll) => quantile(pick(scroll), 0.99))
  const beyond = (pick: (scroll: Scroll) => number[]) =>
    `${scrolls.flatMap(pick).filter((ms) => ms > FRAME_LIMIT_MS).length} of ${scrolls.flatMap(pick).length}`
  const strategies = ({ strategies: frames }: Scroll) => frames
  const empty = ({ empty: frames }: Scroll) => frames
  const name = `${STRATEGIES.toLocaleString('en')} strategies ${how}`
  return [
    {
      what: `${name}, longest frame`,
      baseline,
      unit: 'ms',
      values: longest(strategies),
      target: { under: FRAME_LIMIT_MS },
      note:
        `${px.toLocaleString('en')} px at ${pxPerS.toLocaleString('en')} px/s; baseline ${formatNumber(median(longest(empty)))} ms; ` +
        `frames over ${FRAME_LIMIT_MS} ms in all rounds: ${beyond(strategies)}, baseline ${beyond(empty)}; drawn without a graphics processor`,
    },
    {
      what: `${name}, p99 of the frames`,
      baseline,
      unit: 'ms',
      values: p99(strategies),
      target: null,
      note: `baseline ${formatNumber(median(p99(empty)))} ms`,
    },
  ]
}

await bench({ rounds: 5 }, async ({ rounds, folder }) => {
  const dashboard = await startDashboard(folder, { SPARK_CONFIG: manyStrategies(folder) })
  // The first view brings the files into the page cache and the code of the api to its speed.
  await firstView(dashboard)
  const views: FirstView[] = []
  const scrolls = PACES.map((pace) => ({ pace, rounds: [] as Scroll[] }))
  for (let round = 1; round <= rounds; round++) {
    const view = await firstView(dashboard)
    views.push(view)
    progress(`dashboard, round ${round}/${rounds}: paint ${formatNumber(view.paintMs)} ms (${view.painted})`)
    for (const { pace, rounds: done } of scrolls) {
      const scroll = await scrollOnce(dashboard, pace)
      done.push(scroll)
      const [longest, empty] = [scroll.strategies, scroll.empty].map((frames) => formatNumber(Math.max(...frames)))
      progress(`dashboard, ${pace.name}: longest frame ${longest} ms, empty page ${empty} ms`)
    }
  }
  return [...viewFigures(views), ...scrolls.flatMap(({ pace, rounds: done }) => scrollFigures(pace, done))]
})
