import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { buildPrebundle } from './build-prebundle.ts'
import { PREBUNDLED_MODULES, prebundleFolder, prebundledUrls } from './prebundle.ts'

let modules: string
beforeEach(() => {
  modules = mkdtempSync(join(tmpdir(), 'spark-prebundle-'))
  install('1.0.0')
})
afterEach(() => rmSync(modules, { recursive: true }))

/** A package of two entries that share a module and its state. */
function install(version: string): void {
  const folder = join(modules, 'kysely')
  mkdirSync(folder, { recursive: true })
  const exports = { '.': './index.js', './more/count': './count.js' }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'kysely', version, type: 'module', exports }))
  writeFileSync(join(folder, 'index.js'), "export * from './state.js'\n")
  writeFileSync(join(folder, 'count.js'), "import { seen } from './state.js'\nexport const count = () => seen.size\n")
  writeFileSync(join(folder, 'state.js'), 'export const seen = new Set()\n')
}

it('a package is gathered into files by what code imports of it, which share one state', async () => {
  await buildPrebundle(modules, 'kysely')
  const urls = prebundledUrls(modules)
  expect([...urls.keys()]).toEqual(['kysely', 'kysely/more/count'])
  const { seen } = (await import(urls.get('kysely') ?? '')) as { seen: Set<number> }
  const { count } = (await import(urls.get('kysely/more/count') ?? '')) as { count: () => number }
  seen.add(1)
  expect(count()).toBe(1)
  expect(readdirSync(join(modules, '.cache/prebundle'))).toEqual(['kysely'])
})

it('what is there is left alone by who builds it again, and made anew for another version', async () => {
  await buildPrebundle(modules, 'kysely')
  const made = () => statSync(prebundleFolder(modules, 'kysely')).ino
  const before = made()
  await buildPrebundle(modules, 'kysely')
  expect(made()).toBe(before)
  install('1.0.1')
  await buildPrebundle(modules, 'kysely')
  expect(prebundledUrls(modules).size).toBe(2)
  expect(readdirSync(join(modules, '.cache/prebundle'))).toEqual(['kysely'])
})

it('a package of another version than its prebundle, or without one, is loaded itself', async () => {
  expect(prebundledUrls(modules).size).toBe(0)
  await buildPrebundle(modules, 'kysely')
  install('1.0.1')
  expect(prebundledUrls(modules).size).toBe(0)
  rmSync(prebundleFolder(modules, 'kysely'), { recursive: true })
  expect(prebundledUrls(modules).size).toBe(0)
})

it('a process that preloads the hook imports the prebundles of this installation, and in its threads', () => {
  const code = `
    import { Worker } from 'node:worker_threads'
    console.log(import.meta.resolve('typebox/value'))
    new Worker(new URL("data:text/javascript,console.log(import.meta.resolve('kysely'))"))`
  const { stdout } = spawnSync(process.execPath, ['--require', PREBUNDLED_MODULES, '--input-type=module', '-e', code], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  })
  const folder = pathToFileURL(join(import.meta.dirname, '../../../../node_modules/.cache/prebundle')).href
  expect(stdout.trim().split('\n')).toEqual([`${folder}/typebox/typebox-value.js`, `${folder}/kysely/kysely.js`])
})
