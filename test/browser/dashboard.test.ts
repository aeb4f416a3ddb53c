import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClient } from '@spark/contract/client'
import { PAGE_PATHS } from '@spark/contract/pages'
import { buildDashboard } from '@spark/server/dashboard/build-dashboard'
import { tamper } from '@spark/server/storage/audit/audit-fixtures'
import { queryPostgres } from '@spark/server/storage/postgres/postgres-database-fixture'
import { launchBrowser } from '../support/browser.ts'
import { HAS_BROWSER, OVERFLOWS, PASSWORD, openPage, settled, signInAs, violations } from '../support/dashboard.ts'
import {
  createSpark,
  eventually,
  healthy,
  onlyCanary,
  ON_POSTGRES,
  ROOT,
  type Spark,
  type SparkProcess,
} from '../support/spark.ts'

const PAGES = PAGE_PATHS.map((path) => path.replace(':id', 'btcusdt-1h-1'))
const SAID_MS = 5000
/** Rehearsed in seconds. */
const SHORT_PLAN = 'rollout:\n  steps: [{ share: 0, dwellMin: 6 }, { share: 0.5, dwellMin: 6 }]\n'

/** Buttons in the list, frame by frame while it goes down by more than its height in each. */
const RUSH_DOWN = `new Promise((resolve) => {
  const list = document.querySelector('main li[aria-posinset]').closest('[role=group]')
  const seen = []
  const frame = () => {
    seen.push(list.querySelectorAll('button').length)
    if (seen.length === 12) return resolve(seen)
    list.scrollTop += 1500
    requestAnimationFrame(frame)
  }
  frame()
})`

/** That main was scrolled to the row. */
const IS_SEEN = `(() => {
  const main = document.querySelector('main')
  const row = document.getElementById('gate-dead_letters')?.getBoundingClientRect()
  return main.scrollTop > 0 && row?.top > -1 && row?.bottom < main.getBoundingClientRect().bottom + 1
})()`

const LARGEST_PAINT = `
  window.largest = null
  new PerformanceObserver((list) => { window.largest = list.getEntries().at(-1).element?.outerHTML.slice(0, 40) ?? 'gone' })
    .observe({ type: 'largest-contentful-paint', buffered: true })`

let spark: Spark
let browser: Browser
let api: SparkProcess
let executor: SparkProcess

beforeAll(async () => {
  if (!HAS_BROWSER) return
  spark = await createSpark()
  onlyCanary(spark, SHORT_PLAN)
  await buildDashboard(ROOT)
  api = spark.start('api')
  executor = spark.start('executor')
  browser = await launchBrowser()
  await healthy(spark, 'api', 40_000)
  await healthy(spark, 'executor', 40_000)
}, 90_000)
afterAll(async () => {
  if (!HAS_BROWSER) return
  await browser.close()
  await spark.remove()
})

const show = (page: Page, path: string) => page.goto(`${spark.apiUrl}${path}`)
/** Changes a row of the executor's chain as somebody would who may write to the database. */
async function changeRow({ dataDir, databasePath }: Spark): Promise<void> {
  const sql = `update audit_segment set body = replace(body, '"action":"', '"action": "') where writer = 'executor' and first_seq = 1`
  if (ON_POSTGRES) await queryPostgres(databasePath, `set session_replication_role = replica; ${sql}`)
  else tamper(dataDir, 'executor', sql)
}

describe.skipIf(!HAS_BROWSER)('the dashboard (skipped but on Linux x64)', () => {
  it.each([
    ['light', 1280, 'en-GB'],
    ['dark', 390, 'tr-TR'],
    ['light', 390, 'en-GB'],
  ] as const)(
    'in %s at %i px in %s: every page is quiet, fits, and has no axe violation',
    async (colorScheme, width, locale) => {
      const { context, page, messages } = await openPage(browser, { colorScheme, viewport: { width, height: 850 }, locale })
      const isLaptop = width > 500
      await page.addInitScript(`localStorage.setItem('spark-copilot-open', '${isLaptop}')`)
      // Who has signed in has more on the pages than a stranger.
      if (isLaptop) await signInAs(spark, context, 'barbara', 'admin')
      for (const path of PAGES) {
        await show(page, path)
        await settled(page)
        expect([path, await page.evaluate(OVERFLOWS)]).toEqual([path, []])
        expect([path, await violations(page)]).toEqual([path, []])
        if (isLaptop) {
          await page.emulateMedia({ colorScheme: 'dark' })
          expect([path, 'dark', await violations(page, 'color-contrast')]).toEqual([path, 'dark', []])
          await page.emulateMedia({ colorScheme })
        }
        expect(await page.locator('[data-notice]').count()).toBe(0)
      }
      expect(messages).toEqual([])
      await context.close()
    },
    60_000,
  )

  it('holds what the playbook checks: one scroll, an amber DEMO with its reasons, remembered copilot', async () => {
    const { context, page } = await openPage(browser)
    await show(page, '/')
    await page.waitForSelector('[data-demo]')
    expect(await page.evaluate('getComputedStyle(document.body).overflow')).toBe('hidden')
    expect(await page.evaluate("getComputedStyle(document.querySelector('main')).overflowY")).toBe('auto')
    expect(await page.getAttribute('[data-demo]', 'data-demo')).toBe('simulated_market paper_venue ml_preview')
    await page.getByRole('complementary', { name: 'Copilot' }).getByRole('button', { name: 'Close' }).click()
    await page.reload()
    await page.waitForSelector('[data-demo]')
    expect(await page.getByRole('complementary').count()).toBe(0)
    expect(await page.evaluate("localStorage.getItem('spark-copilot-open')")).toBe('false')
    await context.close()
  })

  it('paints the sentence as its largest part, whether the executor is heard of by then or not', async () => {
    const { context, page } = await openPage(browser)
    await page.addInitScript(LARGEST_PAINT)
    await page.route('**/api/installation', () => {})
    await show(page, '/')
    const largest = await eventually('something is painted', 10_000, () => page.evaluate<string | null>('window.largest'))
    expect(largest).toContain('<p data-sentence=')
    expect(await page.locator('[data-demo]').count()).toBe(0)
    await context.close()
  })

  it('draws in a browser whose language is no language tag, as one started in the locale C calls its own', async () => {
    const plain = await launchBrowser({ LANG: 'C', LC_ALL: 'C' })
    const page = await plain.newPage()
    const errors: string[] = []
    page.on('pageerror', (error) => errors.push(error.message))
    await show(page, '/')
    await settled(page)
    await page.locator('[data-series=p95_ms] canvas').waitFor()
    expect(errors).toEqual([])
    await plain.close()
  })

  it('shows no red word when every route fails, but the failure in its place with a retry', async () => {
    const { context, page } = await openPage(browser)
    await page.route('**/api/**', (route) => route.fulfill({ status: 500, contentType: 'application/problem+json', body: '{}' }))
    for (const path of PAGES.filter((one) => one !== '/setup')) {
      await show(page, path)
      await page.getByRole('button', { name: 'Try again' }).first().waitFor()
      await eventually(
        `no part of ${path} waits for ever`,
        10_000,
        async () => (await page.locator('.animate-pulse').count()) === 0,
      )
      expect([path, await page.locator('[data-notice]').count()]).toEqual([path, 0])
    }
    const inCopilot = page.getByRole('complementary', { name: 'Copilot' }).getByRole('button', { name: 'Try again' })
    await eventually('triage and what was done say so too', 5000, async () => (await inCopilot.count()) === 2)
    await context.close()
  }, 60_000)

  it('lets nobody start before the sign-in, and an administrator pause, arm and disarm a strategy after it', async () => {
    const invitation = await createClient({ baseUrl: spark.apiUrl, token: spark.token() }).call('userInvite', {
      params: { id: 'admin' },
      body: {},
    })
    const { context, page } = await openPage(browser)
    await show(page, '/strategies/btcusdt-1h-1')
    const pause = page.getByRole('button', { name: 'Pause' })
    await pause.waitFor()
    expect(await pause.isDisabled()).toBe(true)
    const arm = page.getByRole('button', { name: 'Arm for real money' })
    for (const refused of [pause, arm]) expect(await refused.getAttribute('title')).toBe('Not permitted')
    await show(page, invitation.path)
    await page.getByRole('textbox', { name: 'Password' }).fill(PASSWORD)
    await page.getByRole('button', { name: 'Set the password and sign in' }).click()
    await page.getByRole('button', { name: 'admin' }).waitFor()
    await page.getByRole('link', { name: 'My strategies' }).click()
    await page.getByRole('link', { name: 'btcusdt-1h-1', exact: true }).click()
    await page.getByRole('heading', { name: 'btcusdt-1h-1' }).waitFor()
    await pause.click()
    expect(await violations(page)).toEqual([])
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Pause' }).click()
    await page.getByRole('button', { name: 'Start', exact: true }).waitFor()
    await arm.click()
    const confirm = dialog.getByRole('button', { name: 'Arm for real money' })
    expect(await confirm.isDisabled()).toBe(true)
    await dialog.getByLabel(/^Type/).fill('btcusdt-1h-1')
    await confirm.click()
    await page.locator('[data-armed=true]').getByRole('button', { name: 'Disarm' }).click()
    await dialog.getByRole('button', { name: 'Disarm' }).click()
    await page.locator('[data-armed=false]').waitFor()
    expect(await page.locator('[data-notice=failed]').count()).toBe(0)
    await context.close()
  }, 60_000)

  it('shows the names of strategies that rush by, and all of a row where the list stands still', async () => {
    const { context, page } = await openPage(browser)
    await page.route('**/api/strategies', async (route) => {
      const response = await route.fetch()
      const [first] = ((await response.json()) as { items: object[] }).items
      await route.fulfill({ response, json: { items: Array.from({ length: 2000 }, (_, at) => ({ ...first, id: `s-${at}` })) } })
    })
    await show(page, '/strategies')
    await page.getByRole('link', { name: 's-1', exact: true }).waitFor()
    const seen = await page.evaluate<number[]>(RUSH_DOWN)
    expect(seen[0]).toBeGreaterThan(0)
    expect(Math.min(...seen.slice(2))).toBe(0)
    const rows = page.locator('main li[aria-posinset]')
    await eventually(
      'every row has its three buttons',
      5000,
      async () => (await rows.getByRole('button').count()) === 3 * (await rows.count()),
    )
    expect(Number(await rows.last().getAttribute('aria-posinset'))).toBeGreaterThan(100)
    await context.close()
  }, 30_000)

  it('changes a limit once its word is typed, and tells what the file says beside it', async () => {
    const { context, page } = await openPage(browser, { colorScheme: 'dark' })
    await signInAs(spark, context, 'grace', 'risk')
    await show(page, '/settings')
    const value = page.getByLabel('New value: Loss of a day')
    await value.fill('3.000')
    await page.getByText('Can be read in two ways').waitFor()
    expect(await page.getByRole('button', { name: 'Change limits' }).isDisabled()).toBe(true)
    await value.fill('3000')
    await page.getByRole('button', { name: 'Change limits' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('Loss of a day: 6,000 → 3,000').waitFor()
    expect(await violations(page)).toEqual([])
    await dialog.getByLabel(/^Reason/).fill('half the size')
    const confirm = dialog.getByRole('button', { name: 'Change limits' })
    expect(await confirm.isDisabled()).toBe(true)
    await dialog.getByLabel(/limits/).fill('limits')
    await confirm.click()
    await page.locator('[data-limit=maxDailyLoss]').getByRole('rowheader', { name: 'Loss of a day, USDT' }).waitFor()
    await page.locator('[data-limit=maxDailyLoss]').filter({ hasText: '3,000changed by gracespark.yaml: 6,000' }).waitFor()
    await context.close()
  }, 30_000)

  it('says what follows before a role, an account or a token goes, and does nothing without the answer', async () => {
    const { context, page } = await openPage(browser)
    await signInAs(spark, context, 'mary', 'admin')
    await signInAs(spark, (await openPage(browser)).context, 'edsger', 'viewer')
    await show(page, '/settings')
    const role = page.getByLabel('Role: edsger')
    await role.selectOption('operator')
    const dialog = page.getByRole('dialog')
    await dialog.getByText('viewer → operator').waitFor()
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    expect(await role.inputValue()).toBe('viewer')
    const disable = page.getByRole('listitem').filter({ has: role }).getByRole('button', { name: 'Disable' })
    await disable.click()
    await dialog.getByText('end at once').waitFor()
    expect(await violations(page)).toEqual([])
    await dialog.getByRole('button', { name: 'Disable' }).click()
    await page.getByRole('listitem').filter({ has: role }).getByText('disabled').waitFor()
    await context.close()
  }, 30_000)

  it('shows a token once: it can be copied, speaks for its owner, and is gone when it is closed', async () => {
    const { context, page } = await openPage(browser)
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    await signInAs(spark, context, 'dennis', 'viewer')
    await show(page, '/settings')
    await page.locator('summary', { hasText: 'Make a token' }).click()
    await page.getByRole('textbox', { name: 'Name' }).fill('cron')
    await page.getByRole('button', { name: 'Make a token' }).click()
    const told = page.getByRole('status').filter({ hasText: 'shown this once' })
    const secret = (await told.locator('code').textContent()) ?? ''
    await told.getByRole('button', { name: 'Copy: My tokens' }).click()
    await told.getByText('Copied').waitFor()
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(secret)
    expect(await createClient({ baseUrl: spark.apiUrl, token: secret }).call('session')).toMatchObject({
      kind: 'token',
      name: 'dennis:cron',
    })
    await told.getByRole('button', { name: 'Close: My tokens' }).click()
    expect(await page.content()).not.toContain(secret)
    await page.getByText('cron', { exact: true }).waitFor()
    await context.close()
  }, 30_000)

  it('leads from a gate of the overview to its row, as an address that was sent does', async () => {
    const { context, page } = await openPage(browser, { viewport: { width: 390, height: 700 } })
    const seen = () => page.evaluate<boolean>(IS_SEEN)
    await show(page, '/')
    await page.locator('[data-gate=dead_letters] a').click()
    await eventually('the row of the gate', 5000, seen)
    await page.goto('about:blank')
    await show(page, '/rollout#gate-dead_letters')
    await eventually('the row of the gate', 5000, seen)
    await context.close()
  }, 30_000)

  it('takes an override from one person, and gives it when another agrees', async () => {
    const asks = await openPage(browser)
    await signInAs(spark, asks.context, 'linus', 'risk')
    await show(asks.page, '/rollout')
    await asks.page.locator('[data-command=override]').click()
    const dialog = asks.page.getByRole('dialog')
    await dialog.getByLabel(/^Type/).fill('override')
    await dialog.getByRole('button', { name: 'Override' }).click()
    await asks.page.getByText('linus asks').waitFor()
    const agrees = await openPage(browser)
    await signInAs(spark, agrees.context, 'ken', 'risk')
    await show(agrees.page, '/rollout')
    await agrees.page.locator('main').getByRole('button', { name: 'Agree' }).click()
    await agrees.page.getByRole('dialog').getByLabel(/^Type/).fill('override')
    await agrees.page.getByRole('dialog').getByRole('button', { name: 'Agree' }).click()
    await agrees.page.locator('main').getByText('rollout.override', { exact: true }).first().waitFor()
    expect(await agrees.page.getByText('linus asks').count()).toBe(0)
    for (const { context } of [asks, agrees]) await context.close()
  }, 30_000)

  it('rehearses the plan when it is asked to, and shows how that ended', async () => {
    const { context, page } = await openPage(browser)
    await signInAs(spark, context, 'ada', 'operator')
    await show(page, '/rollout/rehearsals')
    await page.getByRole('button', { name: 'Rehearse now' }).click()
    await page.locator('[data-rehearsal=done]').waitFor({ timeout: 60_000 })
    await page.locator('[data-report]').getByText('ended in done').waitFor()
    await page
      .locator('[data-report]')
      .getByText(/^All held/)
      .waitFor()
    expect(await page.locator('[data-entry=decision]').count()).toBeGreaterThan(2)
    await context.close()
  }, 90_000)

  it('verifies the audit for whoever asks, and says in words which row was changed', async () => {
    const { context, page } = await openPage(browser, { viewport: { width: 390, height: 850 } })
    await signInAs(spark, context, 'tony', 'viewer')
    await show(page, '/audit')
    const found = page.locator('[data-verification=ended]')
    const verify = async (result: RegExp) => {
      await page.getByRole('button', { name: 'Verify now' }).click()
      await found.filter({ hasText: result }).waitFor({ timeout: 30_000 })
    }
    await verify(/whole databases whole; [\d,]+ audit rows in [\d,]+ segments and \d+ checkpoints verify.*asked for by tony/s)
    await changeRow(spark)
    await verify(/NOT whole.*does not verify, \d+ found, first: row 1 of executor is not as it was written.*Stop orders/s)
    await page.getByRole('button', { name: 'tr', exact: true }).click()
    await found.filter({ hasText: /SAĞLAM DEĞİL.*ilki: executor zincirinin 1\. satırı yazıldığı gibi değil/s }).waitFor()
    expect(await page.evaluate(OVERFLOWS)).toEqual([])
    expect(await violations(page)).toEqual([])
    await context.close()
  }, 90_000)

  it('says within 5 s that executor or api is away, keeps what it showed, and recovers by itself', async () => {
    const { context, page } = await openPage(browser)
    await show(page, '/')
    await page.waitForSelector('[data-stream=open]')
    executor.child.kill('SIGKILL')
    await page.waitForSelector('[data-condition=executor]', { timeout: SAID_MS })
    expect(await page.textContent('[data-condition=executor]')).toMatch(/decided last .* ago/)
    expect(await page.getAttribute('[data-demo]', 'data-demo')).toContain('executor_offline')
    api.child.kill('SIGKILL')
    await page.waitForSelector('[data-condition=api]', { timeout: SAID_MS })
    expect(await page.locator('[data-gate]').count()).toBeGreaterThan(0)
    await page
      .locator('[data-stream=lost]')
      .filter({ hasText: /no connection, data \d+ s old/ })
      .waitFor()
    await page
      .locator('main')
      .getByText(/^As of \d\d:\d\d:\d\d/)
      .first()
      .waitFor()
    await api.ended
    api = spark.start('api')
    executor = spark.start('executor')
    await eventually('the banner is gone', 20_000, async () => (await page.locator('[data-condition]').count()) === 0)
    await page.waitForSelector('[data-stream=open]')
    await context.close()
  }, 60_000)
})
