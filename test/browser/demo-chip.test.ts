import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DEMO_REASONS, type DemoReason } from '@spark/contract/installation'
import { buildDashboard } from '@spark/server/dashboard/build-dashboard'
import { launchBrowser } from '../support/browser.ts'
import { HAS_BROWSER, openPage } from '../support/dashboard.ts'
import { createSpark, eventually, healthy, onlyCanary, ROOT, type Spark, type SparkProcess } from '../support/spark.ts'

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
  await healthy(spark, 'api', 30_000)
  page = (await openPage(browser)).page
}, 60_000)
afterAll(async () => {
  if (!HAS_BROWSER) return
  await browser.close()
  await spark.remove()
})

const told: DemoReason[][] = []

/** The chip shows these reasons and no other, within the time of a poll. */
async function shows(...reasons: DemoReason[]): Promise<void> {
  await page.waitForSelector(`[data-demo="${reasons.join(' ')}"]`, { timeout: 15_000 })
  expect(await page.locator('[data-demo]').getAttribute('title')).toMatch(/^No real-money order can come/)
  told.push(reasons)
}

/** The same installation as another setting would have it: the api says what it was started with. */
async function restarted(env: Record<string, string>): Promise<void> {
  api.child.kill('SIGKILL')
  await api.ended
  Object.assign(spark.env, env)
  api = spark.start('api')
}

async function command(...args: string[]): Promise<void> {
  const { code, stdout, stderr } = await spark.run('rollout', ...args, '--reason', 'demo')
  expect(code, stdout + stderr).toBe(0)
}

describe.skipIf(!HAS_BROWSER)('the DEMO chip (skipped but on Linux x64)', () => {
  it('appears and leaves for each of its reasons, on a page that stays open', async () => {
    await page.goto(`${spark.apiUrl}/`)
    await shows('testnet', 'ml_preview', 'executor_offline')
    await restarted({ SPARK_FEED: 'sim', SPARK_VENUE: 'paper' })
    await shows('simulated_market', 'paper_venue', 'ml_preview', 'executor_offline')
    const executor = spark.start('executor')
    await shows('simulated_market', 'paper_venue', 'ml_preview')
    await eventually('the first rollout', 15_000, async () => {
      const answer = (await (await fetch(`${spark.apiUrl}/api/rollout`)).json()) as { id: string | null }
      return answer.id !== null
    })
    await command('rollback')
    await shows('simulated_market', 'paper_venue', 'ml_off')
    executor.child.kill('SIGKILL')
    await restarted({ SPARK_FEED: `replay:${emptyFolder()}` })
    await shows('replayed_market', 'paper_venue', 'ml_off', 'executor_offline')
    for (const reason of DEMO_REASONS) expect([reason, seenAndGone(reason)]).toEqual([reason, true])

    // Without any reason it is gone. An exchange with ML live for real would take minutes; demo-reasons.test.ts shows that it has none.
    await page.route('**/api/installation', async (route) => {
      const response = await route.fetch()
      await route.fulfill({ response, json: { ...((await response.json()) as object), demo: [] } })
    })
    await page.locator('[data-demo]').waitFor({ state: 'detached' })
    await page.locator('header').getByText('REAL MONEY', { exact: true }).waitFor()
  }, 90_000)
})

function emptyFolder(): string {
  const folder = join(spark.dataDir, 'candles')
  mkdirSync(folder)
  return folder
}

const seenAndGone = (reason: DemoReason) =>
  told.some((reasons) => reasons.includes(reason)) && told.some((reasons) => !reasons.includes(reason))
