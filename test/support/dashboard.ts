import { readFileSync } from 'node:fs'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { CSRF_HEADER } from '@spark/contract/accounts'
import { createClient } from '@spark/contract/client'
import type { Role } from '@spark/contract/permissions'
import { ROUTES } from '@spark/contract/routes'
import { eventually, ROOT, type Spark } from './spark.ts'

/** The npm package holds Chromium for this platform only. */
export const HAS_BROWSER = process.platform === 'linux' && process.arch === 'x64'

export interface Opened {
  context: BrowserContext
  page: Page
  /** What the console and the page complained of. */
  messages: string[]
}

/** A page of a browser that has kept nothing, in English at the size of a laptop. */
export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<Opened> {
  const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 850 }, ...options })
  const page = await context.newPage()
  const messages: string[] = []
  page.on('console', (message) => messages.push(message.text()))
  page.on('pageerror', (error) => messages.push(error.message))
  return { context, page, messages }
}

/** Resolves when no part of the page waits for its data. */
export async function settled(page: Page): Promise<void> {
  await page.waitForSelector('[data-demo]')
  await eventually('nothing loads', 10_000, async () => (await page.locator('main .animate-pulse').count()) === 0)
}

export const PASSWORD = 'seventeen purple anchors'

/** Makes a person of this role, and signs this browser in as that person. */
export async function signInAs(spark: Spark, context: BrowserContext, name: string, role: Role): Promise<void> {
  const client = createClient({ baseUrl: spark.apiUrl, token: spark.token() })
  const { path } = await client.call('userCreate', { body: { name, role } })
  const answer = await context.request.post(`${spark.apiUrl}${ROUTES.setUp.path}`, {
    headers: { [CSRF_HEADER]: '1' },
    data: { token: path.slice(path.indexOf('#') + 1), password: PASSWORD },
  })
  if (!answer.ok()) throw new Error(`${name} could not sign in: ${await answer.text()}`)
}

const axe = readFileSync(`${ROOT}node_modules/axe-core/axe.min.js`, 'utf8')

/** `rule`: that one alone. */
export async function violations(page: Page, rule?: 'color-contrast'): Promise<string[]> {
  await page.evaluate(axe)
  const found = await page.evaluate(
    `axe.run(document, { resultTypes: ['violations'], runOnly: ${JSON.stringify(rule)} }).then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ target }) => target.join(' ')).join(', ')))`,
  )
  return found as string[]
}

/** What makes the page or main scroll sideways. */
export const OVERFLOWS = `[document.documentElement, document.querySelector('main')].flatMap((one) =>
  one.scrollWidth <= one.clientWidth ? [] : [...one.querySelectorAll('*')]
    .filter((inner) => inner.closest('.scroll-x') === null && inner.getBoundingClientRect().right > one.getBoundingClientRect().right + 1)
    .slice(0, 5).map((inner) => inner.tagName + ' ' + inner.className))`
