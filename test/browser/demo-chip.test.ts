import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClient } from '@spark/contract/client'
import type { DemoReason } from '@spark/contract/installation'
import { buildDashboard } from '@spark/server/dashboard/build-dashboard'
import { launchBrowser } from '../support/browser.ts'
import { HAS_BROWSER, openPage } from '../support/dashboard.ts'
import { createSpark, healthy, onlyCanary, ROOT, type Spark, type SparkProcess } from '../support/spark.ts'

let spark: Spark
let browser: Browser
let page: Page
let api: SparkProcess
beforeAll(async () => {
  if (!HAS_BROWSER) return
  spark = await createSpark({ SPARK_FEED: 'ccxt:binance', SPARK_VENUE: 'ccxt:binance' })
  onlyCanary(spark)
  await buildDashboard(ROOT)
  api = spark.start('api')
  browser = await launchBrowser()
  await healthy(spark, 'api', 40_000)
  page = (await openPage(browser)).page
}, 90_000)
afterAll(async () => {
  if (!HAS_BROWSER) return
  await browser.close()
  await spark.remove()
})

/** The chip shows these reasons and no other, within the time of a poll. */
async function shows(...reasons: DemoReason[]): Promise<void> {
  await page.waitForSelector(`[data-demo="${reasons.join(' ')}"]`, { timeout: 25_000 })
  expect(await page.locator('[data-demo]').getAttribute('title')).toMatch(/^No real-money order can come/)
}

// Without an executor, which takes longest to start: that it comes and goes, and the simulated market, are seen in dashboard.test.ts.
describe.skipIf(!HAS_BROWSER)('the DEMO chip (skipped but on Linux x64)', () => {
  it('shows each reason while it holds and no longer, on a page that stays open', async () => {
    await page.goto(`${spark.apiUrl}/`)
    await shows('testnet', 'ml_preview', 'executor_offline')
    const client = createClient({ baseUrl: spark.apiUrl, token: spark.token() })
    await client.call('settingsApply', { body: { values: { FEATURE_ML_SCORING: '0' }, reason: 'demo' } })
    await shows('testnet', 'ml_off', 'executor_offline')

    // The same installation as another setting would have it: the api says what it was started with.
    api.child.kill('SIGKILL')
    await api.ended
    const folder = join(spark.dataDir, 'candles')
    mkdirSync(folder)
    Object.assign(spark.env, { SPARK_FEED: `replay:${folder}`, SPARK_VENUE: 'paper' })
    api = spark.start('api')
    await shows('replayed_market', 'paper_venue', 'ml_off', 'executor_offline')

    // Without any reason it is gone. An exchange with ML live for real would take minutes; demo-reasons.test.ts shows that it has none.
    await page.route('**/api/installation', async (route) => {
      const response = await route.fetch()
      await route.fulfill({ response, json: { ...((await response.json()) as object), demo: [] } })
    })
    await page.locator('[data-demo]').waitFor({ state: 'detached' })
    expect(await page.locator('header').getByText('REAL MONEY', { exact: true }).isVisible()).toBe(true)
  }, 90_000)
})
