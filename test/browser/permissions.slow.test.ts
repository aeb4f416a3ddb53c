import { readFileSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClient, type Client } from '@spark/contract/client'
import { PAGE_PATHS } from '@spark/contract/pages'
import { ROLES, permissionsOf, type Role } from '@spark/contract/permissions'
import { ROUTE_LIST } from '@spark/contract/routes'
import { systemClock } from '@spark/server/clock'
import { buildDashboard } from '@spark/server/dashboard/build-dashboard'
import { createDatabaseQueue } from '@spark/server/queue/database-queue'
import { AT_ONCE } from '@spark/server/queue/queue'
import { systemRandomness } from '@spark/server/random'
import { openMainDatabase } from '@spark/server/storage/open-main-database'
import { launchBrowser } from '../support/browser.ts'
import { HAS_BROWSER, openPage, settled, signInAs } from '../support/dashboard.ts'
import { configureFast } from '../support/fast-rollout.ts'
import { createSpark, eventually, healthy, ROOT, type Spark } from '../support/spark.ts'

// Nothing here names a command: an administrator presses every button that can be pressed, what it would send is caught in the page,
// and packages/contract/permissions.txt says who else may press it.

const STRATEGIES = 12
const STEPS = ['{ share: 0, dwellMin: 600 }', '{ share: 0.5, dwellMin: 600 }', '{ share: 1, dwellMin: 600 }']
/** Three warn and do not breach. */
const DEAD_LETTERS = 3
const NOT_PERMITTED = 'Not permitted'
const ANYONE = 'on loopback'

/** Where buttons are: on a page, in the copilot beside it, or in the dialog of the brakes. */
interface Surface {
  path: string
  root: 'main' | 'aside' | 'dialog'
}
const PAGES = PAGE_PATHS.filter((path) => path !== '/setup').map((path) => path.replace(':id', 'm2'))
const ROLLOUT: Surface[] = [
  { path: '/rollout', root: 'main' },
  { path: '/', root: 'dialog' },
]
const SURFACES: Surface[] = [...PAGES.map((path) => ({ path, root: 'main' }) as const), { path: '/', root: 'aside' }, ...ROLLOUT]

interface ButtonState {
  name: string
  enabled: boolean
  /** What assistive technology says after the name. */
  description: string
}
/** What a press of the button of this name sends, as the table names it: `POST /api/rollout/pause`, with `#live` where it arms. By surface and name. */
type Commands = Map<string, string>

let spark: Spark
let browser: Browser
let client: Client
beforeAll(async () => {
  if (!HAS_BROWSER) return
  spark = await createSpark()
  configureFast(spark, STRATEGIES, STEPS)
  await buildDashboard(ROOT)
  spark.start('api')
  const executor = spark.start('executor')
  browser = await launchBrowser()
  await healthy(spark, 'api', 60_000)
  await healthy(spark, 'executor', 60_000)
  client = createClient({ baseUrl: spark.apiUrl, token: spark.token() })
  await everythingToPress()
  // What is there to press stays as it is.
  executor.child.kill('SIGKILL')
}, 240_000)
afterAll(async () => {
  if (!HAS_BROWSER) return
  await browser.close()
  await spark.remove()
})

/** Half of the strategies act on ML and hold positions, dead letters make a gate warn, and a strategy is killed. */
async function everythingToPress(): Promise<void> {
  const rollout = async () => {
    const view = await client.call('rollout')
    return view.id === null ? null : view
  }
  await eventually('the first rollout', 30_000, rollout)
  await client.call('rolloutPromote', { body: { share: 0.5, reason: 'test' } })
  await eventually('half of them act on ML', 60_000, async () => {
    const now = await rollout()
    if (now?.phase !== 'live') throw new Error(now?.reasons.join('; '))
    return true
  })
  const database = await openMainDatabase({ path: spark.databasePath, thread: true })
  const queue = createDatabaseQueue({ db: database.db, clock: systemClock, random: systemRandomness })
  const poison = Array.from({ length: DEAD_LETTERS }, (_, at) => `odd ${at}`)
  await queue.enqueueAll(
    database.db,
    poison.map((key) => ({ queue: 'order', payload: { kind: 'dance' }, runAt: AT_ONCE, key })),
  )
  await database.close()
  await client.call('strategyPause', { params: { id: 'm3' }, body: { reason: 'test' } })
  await client.call('kill', { body: { scope: 'strategy:m1', reason: 'test' } })
  await eventually('positions, and a gate that warns', 60_000, async () => {
    const dead = (await rollout())?.gates.find(({ gate }) => gate === 'dead_letters')
    return dead?.state === 'warning' && (await client.call('positions')).items.length > 0
  })
}

/** Catches what the page would send to change something, and refuses it. */
const CATCH_COMMANDS = `
  localStorage.setItem('spark-copilot-open', 'true')
  window.sent = []
  const real = window.fetch
  window.fetch = (url, options) => {
    if (options?.method !== 'POST' || url === '/api/audit/list') return real(url, options)
    window.sent.push(url + (options.body?.includes('"mode":"live"') ? '#live' : ''))
    return Promise.resolve(new Response('{}', { status: 409, headers: { 'content-type': 'application/problem+json' } }))
  }`

/** Goes there within the page where it can: a load costs a second of processor. */
async function show(page: Page, { path, root }: Surface): Promise<void> {
  await page.keyboard.press('Escape')
  if ((await page.locator('aside').count()) === 0) await page.goto(`${spark.apiUrl}${path}`)
  else if (new URL(page.url()).pathname !== path) {
    await page.evaluate(`document.querySelector('main > :last-child').dataset.left = ''; history.pushState(null, '', '${path}')`)
    await page.waitForSelector('main > :last-child:not([data-left])')
  }
  await settled(page)
  // Forms that are folded hold commands as well.
  await page.evaluate("for (const one of document.querySelectorAll('main details:has(form)')) one.open = true")
  if (root === 'dialog') await page.locator('header').getByRole('button', { name: 'Brakes' }).click()
}

/** The buttons as assistive technology is told of them. */
async function buttonsOf(page: Page, surface: Surface): Promise<ButtonState[]> {
  await show(page, surface)
  const cdp = await page.context().newCDPSession(page)
  const { result } = await cdp.send('Runtime.evaluate', { expression: `document.querySelector('${surface.root}')` })
  const { nodes } = await cdp.send('Accessibility.queryAXTree', { objectId: result.objectId ?? '', role: 'button' })
  await cdp.detach()
  return nodes.map(({ name, description, properties = [] }) => ({
    name: String(name?.value),
    enabled: !properties.some((property) => property.name === 'disabled' && property.value.value === true),
    description: String(description?.value ?? ''),
  }))
}

/** The route that a press calls; null: none, or the button is gone since. */
async function pressed(page: Page, surface: Surface, name: string): Promise<string | null> {
  await show(page, surface)
  await page.evaluate('window.sent.length = 0')
  for (const field of await page.locator(`${surface.root} input[required]:not([type=number])`).all()) await field.fill('somebody')
  const button = page.locator(surface.root).getByRole('button', { name, exact: true, disabled: false }).first()
  if ((await button.count()) === 0) return null
  await button.click()
  const confirm = page.locator('dialog[open] button[type=submit]')
  if ((await confirm.count()) > 0) {
    const asked = /“(.+)”/.exec((await page.locator('dialog[open] form').textContent()) ?? '')?.[1]
    if (asked !== undefined) await page.locator('dialog[open] input.font-mono').fill(asked)
    await confirm.click()
  }
  const [path] = await page.evaluate<string[]>('window.sent')
  return path === undefined ? null : `POST ${routePath(path)}`
}

function routePath(sent: string): string {
  const [path = '', arms] = sent.split('#')
  const fits = (pattern: string) => new RegExp(`^${pattern.replaceAll(/:\w+/g, '[^/]+')}$`).test(path)
  const route = ROUTE_LIST.find((one) => one.method === 'POST' && fits(one.path))?.path ?? path
  return arms === undefined ? route : `${route}#${arms}`
}

const keyOf = ({ path, root }: Surface, name: string) => `${path} ${root}: ${name}`

async function learn(page: Page, surfaces: readonly Surface[], commands: Commands): Promise<void> {
  const tried = new Set(commands.keys())
  for (const surface of surfaces)
    for (const { name, enabled } of await buttonsOf(page, surface)) {
      const key = keyOf(surface, name)
      if (!enabled || tried.has(key)) continue
      tried.add(key)
      const route = await pressed(page, surface, name)
      if (route !== null) commands.set(key, route)
    }
}

/** Who may call a route, as the file says: `+`, `p` with the password again, `-`. By route and column. */
function permissionTable(): (route: string, column: string) => boolean {
  const [head = '', ...lines] = readFileSync(`${ROOT}packages/contract/permissions.txt`, 'utf8').trimEnd().split('\n')
  const cells = (line: string) => line.split(/ {2,}/)
  const columns = cells(head)
  const rows = new Map(lines.map((line) => [cells(line)[0], cells(line)]))
  return (command, column) => {
    const [route = '', arms] = command.split('#')
    if (arms !== undefined && !ROLES.some((role) => role === column && permissionsOf(role).has('canArm'))) return false
    const mark = rows.get(route)?.[columns.indexOf(column)]
    if (mark === undefined) throw new Error(`${route} has no mark for ${column}`)
    return mark !== '-'
  }
}

const BRAKES = new Set(ROUTE_LIST.filter(({ access }) => access === 'canBrake').map(({ path }) => `POST ${path}`))

/** What the buttons of one name say, each state once: `enabled`, or why not. */
async function seenBy(page: Page, surfaces: readonly Surface[]): Promise<Map<string, string>> {
  const seen = new Map<string, Set<string>>()
  for (const surface of surfaces)
    for (const { name, enabled, description } of await buttonsOf(page, surface)) {
      const states = seen.get(keyOf(surface, name)) ?? new Set()
      seen.set(keyOf(surface, name), states.add(enabled ? 'enabled' : description))
    }
  return new Map([...seen].map(([key, states]) => [key, [...states].sort().join('; ')]))
}

/** Not there at all is refused as well: people and sessions of others are no list for everybody. */
const refused = (seen: string | undefined) => (seen === undefined ? undefined : NOT_PERMITTED)

describe.skipIf(!HAS_BROWSER)('commands of the dashboard (skipped but on Linux x64)', () => {
  it('can be pressed by whom the table of permissions names, and say to everybody else that it is not permitted', async () => {
    const commands: Commands = new Map()
    const { context, page } = await openPage(browser)
    await page.addInitScript(CATCH_COMMANDS)
    await signInAs(spark, context, 'admin-1', 'admin')
    await learn(page, SURFACES, commands)
    await client.call('rolloutPreview', { body: { reason: 'test' } })
    await client.call('rolloutPause', { body: { reason: 'test' } })
    await page.reload()
    await learn(page, ROLLOUT, commands)
    await client.call('rolloutRollback', { body: { reason: 'test', confirm: 'rollback' } })
    await page.reload()
    await learn(page, ROLLOUT, commands)
    expect(new Set(commands.values()).size).toBeGreaterThan(20)

    const surfaces = SURFACES.filter((surface) => [...commands.keys()].some((key) => key.startsWith(keyOf(surface, ''))))
    const mayCall = permissionTable()
    const reference = await seenBy(page, surfaces)
    await context.close()
    const wrong: string[] = []
    for (const role of [...ROLES.filter((one) => one !== 'admin'), ANYONE]) {
      const opened = await openPage(browser)
      await opened.page.addInitScript(CATCH_COMMANDS)
      if (role !== ANYONE) await signInAs(spark, opened.context, `one-${role}`, role as Role)
      const seen = await seenBy(opened.page, surfaces)
      for (const [key, route] of commands) {
        // Brakes can be pressed by who has not signed in yet, and then ask for it.
        const may = mayCall(route, role) || (role === ANYONE && mayCall(route, 'operator') && BRAKES.has(route))
        const due = may ? reference.get(key) : refused(seen.get(key))
        if (seen.get(key) !== due) wrong.push(`${role}, ${key}: ${seen.get(key)}, but ${route} is ${due}`)
      }
      await opened.context.close()
    }
    expect(wrong).toEqual([])
  }, 240_000)
})
