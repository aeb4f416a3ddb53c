import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core'
import { buildDashboard } from '@spark/server/dashboard/build-dashboard'
import { launchBrowser } from '../test/support/browser.ts'
import { ROOT } from './processes.ts'
import { sparkUp } from './spark-up.ts'
import { atEnd, temporaryFolder, until } from './support.ts'

export interface Dashboard {
  /** Address of the overview, with the slash at its end. */
  url: string
  browser: Browser
}

/** `spark up` as its user starts it with its dashboard built, and a browser beside it. Both end with the bench. */
export async function startDashboard(folder: string, env: Record<string, string> = {}): Promise<Dashboard> {
  await buildDashboard(ROOT)
  const up = await sparkUp(temporaryFolder(folder), { NODE_COMPILE_CACHE: temporaryFolder(folder), ...env })
  const browser = await launchBrowser()
  atEnd(() => browser.close())
  return { url: new URL('/', up.apiUrl).href, browser }
}

export interface Opened {
  context: BrowserContext
  page: Page
  cdp: CDPSession
}

/** A page of a browser that has kept nothing, at the size of a laptop. `first` runs in it before anything else does. */
export async function openPage(browser: Browser, url: string, first = ''): Promise<Opened> {
  const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 850 } })
  const page = await context.newPage()
  await page.addInitScript(first)
  await page.goto(url)
  return { context, page, cdp: await context.newCDPSession(page) }
}

const SETTLED_LIMIT_MS = 30_000

/** Resolves when no part of the page waits for its data. */
export async function settled(page: Page): Promise<void> {
  await page.waitForSelector('[data-demo]')
  await until('the page has settled', SETTLED_LIMIT_MS, 50, async () => (await page.locator('main .animate-pulse').count()) === 0)
}
