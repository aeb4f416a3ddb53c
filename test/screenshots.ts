// Every page in light, dark, on a phone and in Turkish, into docs/screenshots: npm run screenshots. All figures are measured: a started
// Spark on its simulated market, its clock sped up, a few strategies acting on ML.
import { mkdirSync, writeFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { createClient } from '@spark/contract/client'
import { PAGE_PATHS } from '@spark/contract/pages'
import { buildDashboard } from '@spark/server/dashboard/build-dashboard'
import { launchBrowser } from './support/browser.ts'
import { openPage, settled, signInAs } from './support/dashboard.ts'
import { configureFast } from './support/fast-rollout.ts'
import { createSpark, eventually, healthy, ROOT } from './support/spark.ts'

const FOLDER = `${ROOT}docs/screenshots/`
const STEPS = ['{ share: 0, dwellMin: 600 }', '{ share: 0.1, dwellMin: 60 }', '{ share: 0.5, dwellMin: 120 }']
/** Twelve of them act at 10 %: as many scores a minute as the playbook expects. */
const STRATEGIES = 120
/** Half an hour of the market is enough to fill the charts. */
const FILL_MS = 30_000
const QUALITY = 60
const LAPTOP = { width: 1280, height: 850 }
const VARIANTS = [
  { name: 'light', colorScheme: 'light', viewport: LAPTOP, locale: 'en-GB' },
  { name: 'dark', colorScheme: 'dark', viewport: LAPTOP, locale: 'en-GB' },
  { name: 'phone', colorScheme: 'light', viewport: { width: 390, height: 844 }, locale: 'en-GB' },
  { name: 'turkish', colorScheme: 'light', viewport: LAPTOP, locale: 'tr-TR' },
] as const

const spark = await createSpark()
try {
  configureFast(spark, STRATEGIES, STEPS)
  await buildDashboard(ROOT)
  spark.start('api')
  spark.start('executor')
  await healthy(spark, 'api', 60_000)
  await healthy(spark, 'executor', 60_000)
  const client = createClient({ baseUrl: spark.apiUrl, token: spark.token() })
  const phase = async () => {
    const view = await client.call('rollout')
    return view.id === null ? null : view.phase
  }
  await eventually('the first rollout', 30_000, phase)
  await client.call('rolloutPromote', { body: { share: 0.1, reason: 'ready' } })
  await eventually('some act on ML', 90_000, async () => (await phase()) === 'live')
  await wait(FILL_MS)
  const browser = await launchBrowser()
  mkdirSync(FOLDER, { recursive: true })
  for (const { name, ...options } of VARIANTS) {
    const { context, page } = await openPage(browser, options)
    await signInAs(spark, context, `ada-${name}`, 'admin')
    const cdp = await context.newCDPSession(page)
    for (const path of PAGE_PATHS) {
      await page.goto(`${spark.apiUrl}${path.replace(':id', 'm1')}`)
      await settled(page)
      await page.waitForSelector('[data-stream=open]')
      // Ages are told by the server's time from the next second on.
      await wait(1200)
      const { data } = await cdp.send('Page.captureScreenshot', { format: 'webp', quality: QUALITY })
      const file = path === '/' ? 'overview' : path.slice(1).replaceAll('/', '-').replace('strategies-:id', 'strategy')
      writeFileSync(`${FOLDER}${file}.${name}.webp`, Buffer.from(data, 'base64'))
    }
    await context.close()
  }
  await browser.close()
} finally {
  await spark.remove()
}
