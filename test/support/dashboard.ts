import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { CSRF_HEADER } from '@spark/contract/accounts'
import { createClient } from '@spark/contract/client'
import type { Role } from '@spark/contract/permissions'
import { ROUTES } from '@spark/contract/routes'
import { eventually, type Spark } from './spark.ts'

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
