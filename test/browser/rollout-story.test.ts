import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClient, type Client } from '@spark/contract/client'
import { buildDashboard } from '@spark/server/dashboard/build-dashboard'
import { launchBrowser } from '../support/browser.ts'
import { HAS_BROWSER, openPage, signInAs } from '../support/dashboard.ts'
import { FAST_SPEED, configureFast } from '../support/fast-rollout.ts'
import { startProxy, type Proxy } from '../support/proxy.ts'
import { createSpark, eventually, healthy, ROOT, type Spark } from '../support/spark.ts'

/** 24 polls a minute of the canary, twelve when half of them act: enough for every figure, few for a busy machine. */
const STRATEGIES = 24
/** Five in a hundred: beyond critical, and short of what rolls back without asking anybody. */
const FAIL_EVERY = 20
const STEPS = ['{ share: 0, dwellMin: 600 }', '{ share: 0.1, dwellMin: 1 }', '{ share: 0.5, dwellMin: 600, approval: true }']

let spark: Spark
let proxy: Proxy
let browser: Browser
let context: BrowserContext
let page: Page
let client: Client
beforeAll(async () => {
  if (!HAS_BROWSER) return
  proxy = await startProxy()
  spark = await createSpark({ API_URL: proxy.url })
  proxy.target = spark.apiUrl
  configureFast(spark, STRATEGIES, STEPS)
  await buildDashboard(ROOT)
  spark.start('api')
  spark.start('executor')
  browser = await launchBrowser()
  await healthy(spark, 'api', 40_000)
  await healthy(spark, 'executor', 40_000)
  client = createClient({ baseUrl: spark.apiUrl })
  const opened = await openPage(browser)
  context = opened.context
  page = opened.page
  await signInAs(spark, context, 'ada', 'operator')
}, 90_000)
afterAll(async () => {
  if (!HAS_BROWSER) return
  await browser.close()
  await spark.remove()
  await proxy.close()
})

const sentence = (words: string) => page.locator('[data-sentence]').filter({ hasText: words }).waitFor({ timeout: 25_000 })
const demo = (reasons: string) => page.waitForSelector(`[data-demo="${reasons}"]`)
const dialogButton = (name: string) => page.getByRole('dialog').getByRole('button', { name, exact: true }).click()

/** Presses a command of the page Rollout, as soon as it can be pressed. */
async function command(name: string): Promise<void> {
  await page.locator('main').getByRole('button', { name, exact: true }).click()
}

async function promote(share: number): Promise<void> {
  await command('Promote')
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('combobox').selectOption(String(share))
  expect(await dialog.getByRole('button', { name: 'Promote' }).isDisabled()).toBe(true)
  await dialog.getByLabel(/promote/).fill('promote')
  await dialogButton('Promote')
}

async function scoresAfter(ms: number): Promise<number[]> {
  const { items } = await client.call('auditList', { body: { action: 'ml.score', limit: 100 } })
  return items.map(({ ts }) => ts).filter((ts) => ts > ms)
}

// One story, told in order; each sentence is on the screen before the next thing is pressed.
describe.skipIf(!HAS_BROWSER)('a rollout driven from the page (skipped but on Linux x64)', () => {
  it('is started, watched, approved, breached, and rolled back by the card of the copilot; nothing is scored after it', async () => {
    await page.goto(`${spark.apiUrl}/rollout`)
    await demo('simulated_market paper_venue ml_preview')
    // The one that every installation begins with is ended by the brakes that stand on every page.
    await page.getByRole('button', { name: 'Brakes' }).click()
    await dialogButton('Roll back')
    await dialogButton('Roll back')
    await sentence('ROLLED BACK')
    await demo('simulated_market paper_venue ml_off')
    await command('Start a rollout')
    await dialogButton('Start a rollout')
    await sentence('PREVIEW · nobody acts on ML')
    await demo('simulated_market paper_venue ml_preview')

    await promote(0.5)
    await sentence('LIVE 10%')
    await demo('simulated_market paper_venue')
    await sentence('waits for approval')
    await command('Approve')
    await dialogButton('Approve')
    await sentence('LIVE 50%')

    proxy.failEvery = FAIL_EVERY
    const card = page.locator('[data-card=error_rate]')
    const figures = /Calls fail.*5xx answers.*[2-9](\.\d+)?% now; good ≤ 1%, critical > 2%/
    await card.filter({ hasText: figures }).waitFor({ timeout: 25_000 })
    const row = page.getByRole('group', { name: 'Gates' }).getByRole('row', { name: 'Error rate' })
    await row.filter({ hasText: /[2-9](\.\d+)?%critical≤ 1%> 2%/ }).waitFor({ timeout: 25_000 })
    await sentence('is critical for')
    await card.getByRole('button', { name: 'Roll back' }).click()
    await dialogButton('Roll back')
    await sentence('ROLLED BACK')
    await demo('simulated_market paper_venue ml_off')
    await page.getByText('rollback by ada: from the dashboard').first().waitFor()
    expect(await page.locator('[data-card]').count()).toBe(0)
    expect(await page.locator('[data-notice=failed]').count()).toBe(0)

    const { endedAt } = (await client.call('rollout')) as { endedAt: number }
    await eventually('minutes of the market pass', 15_000, async () => {
      const { items } = await client.call('auditList', { body: { action: 'baseline.decision', limit: 200 } })
      const minutes = new Set(items.map(({ context: { candleTs } }) => Number(candleTs)).filter((ts) => ts > endedAt))
      return minutes.size >= 4
    })
    // A second of the machine: what the api may take to hear of it.
    expect(await scoresAfter(endedAt + FAST_SPEED * 1000)).toEqual([])
  }, 110_000)
})
