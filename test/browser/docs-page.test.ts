import { createServer, type Server } from 'node:http'
import { mkdirSync } from 'node:fs'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ROUTE_LIST } from '@spark/contract/routes'
import { launchBrowser } from '../support/browser.ts'
import { createSpark, featureNow, healthy, ROOT, type Spark } from '../support/spark.ts'

let spark: Spark
let browser: Browser
let foreign: Server
let foreignUrl: string

// The npm package holds Chromium for this platform only.
const here = process.platform === 'linux' && process.arch === 'x64'

beforeAll(async () => {
  if (!here) return
  spark = await createSpark()
  spark.start('api')
  browser = await launchBrowser()
  foreign = createServer(
    (_request, response) => void response.setHeader('content-type', 'text/html').end('<title>a foreign page</title>'),
  )
  await new Promise<void>((resolve) => foreign.listen(0, '127.0.0.1', resolve))
  foreignUrl = `http://127.0.0.1:${(foreign.address() as { port: number }).port}`
  await healthy(spark)
}, 60_000)
afterAll(async () => {
  if (!here) return
  await browser.close()
  foreign.close()
  await spark.remove()
})

describe.skipIf(!here)('the documentation page (skipped but on Linux x64)', () => {
  it.each([
    ['light', 1280],
    ['dark', 1280],
    ['light', 390],
  ] as const)(
    'in %s at %i px shows every route, without a console message and without scrolling sideways',
    async (colorScheme, width) => {
      const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 }, locale: 'en-GB' })
      const page = await context.newPage()
      const messages: string[] = []
      page.on('console', (message) => messages.push(message.text()))
      page.on('pageerror', (error) => messages.push(error.message))
      await page.goto(`${spark.apiUrl}/api/docs`)
      expect(await page.locator('section').count()).toBe(ROUTE_LIST.length)
      await page.locator('#mlScore summary').nth(1).click()
      expect(await page.locator('#mlScore pre').nth(1).isVisible()).toBe(true)
      expect(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')).toBe(true)
      mkdirSync(`${ROOT}.test-report`, { recursive: true })
      await page.screenshot({ path: `${ROOT}.test-report/docs-${colorScheme}-${width}.png` })
      expect(messages).toEqual([])
      await context.close()
    },
  )
})

describe.skipIf(!here)('a page of another origin (skipped but on Linux x64)', () => {
  it('cannot write: neither with a form type nor with JSON, nor read the audit', async () => {
    const page = await (await browser.newContext()).newPage()
    await page.goto(foreignUrl)
    const outcome = await page.evaluate(
      async ({ url, body }) => {
        const results: string[] = []
        for (const [path, type] of [
          ['/api/ml/score', 'text/plain'],
          ['/api/ml/score', 'application/json'],
          ['/api/audit/list', 'text/plain'],
        ] as const) {
          try {
            const response = await fetch(`${url}${path}`, { method: 'POST', headers: { 'content-type': type }, body })
            results.push(`read ${response.status}`)
          } catch {
            results.push('refused')
          }
        }
        return results
      },
      { url: spark.apiUrl, body: JSON.stringify({ feature: featureNow() }) },
    )
    expect(outcome).toEqual(['refused', 'refused', 'refused'])
    const rows = (await (
      await fetch(`${spark.apiUrl}/api/audit/list`, { method: 'POST', body: '{"action":"ml.score"}' })
    ).json()) as { items: unknown[] }
    expect(rows.items).toEqual([])
  })
})
