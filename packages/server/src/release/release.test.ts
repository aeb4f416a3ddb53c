import { existsSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { buildSha } from '../build-sha.ts'
import { ManualClock } from '../clock.ts'
import { installedDifferences } from './installed-packages.ts'
import { hasProvenItself, PROVEN_MS } from './last-good.ts'
import { makeRelease } from './make-release.ts'
import { prunable, pruneReleases } from './prune-releases.ts'

const NOW = 1_800_000_000_000
let folder: string
let root: string
let dataDir: string
const lock = (version: string) => JSON.stringify({ packages: { '': {}, 'node_modules/fastify': { version } } })

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spark-release-'))
  root = join(folder, 'build')
  dataDir = join(root, 'data')
  write('package-lock.json', lock('5.0.0'))
  write('packages/server/src/a.ts', 'export const a = 1\n')
  write('node_modules/.package-lock.json', lock('5.0.0'))
  write('node_modules/fastify/index.js', '')
  write('node_modules/@spark/server/of-the-installation', '')
  write('data/spark.db', 'not code')
})
afterEach(() => rmSync(folder, { recursive: true }))

function write(file: string, text: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true })
  writeFileSync(join(root, file), text)
}
const make = (nowMs = NOW) => makeRelease({ rootDir: root, dataDir, allowDirty: false, clock: new ManualClock(nowMs) })

describe('a release of an unpacked build', () => {
  it('is a folder with its code alone, the packages of the installation, and its own @spark', async () => {
    const { sha, dir } = await make()
    expect(dir).toBe(join(dataDir, 'releases', sha))
    expect(readFileSync(join(dir, 'packages/server/src/a.ts'), 'utf8')).toBe('export const a = 1\n')
    expect(existsSync(join(dir, 'data'))).toBe(false)
    expect(readlinkSync(join(dir, 'node_modules/fastify'))).toBe(join(root, 'node_modules/fastify'))
    expect(realpathSync(join(dir, 'node_modules/@spark/server'))).toBe(realpathSync(join(dir, 'packages/server')))
  })

  it('has the SHA of its content, or the one it was packed with; the same content is made once', async () => {
    const first = await make()
    expect(first.sha).toMatch(/^[0-9a-f]{64}$/)
    expect(buildSha(first.dir)).toBe(first.sha)
    expect(await make()).toEqual(first)
    write('packages/server/src/a.ts', 'export const a = 2\n')
    expect((await make()).sha).not.toBe(first.sha)
    write('build-sha', `${'a'.repeat(40)}\n`)
    expect((await make()).sha).toBe('a'.repeat(40))
  })

  it('is refused, and not left by halves, when other packages are installed than it needs', async () => {
    write('package-lock.json', lock('6.0.0'))
    await expect(make()).rejects.toThrow(
      `the release needs other packages than are installed: fastify 6.0.0 (5.0.0). Run npm ci in ${root} first`,
    )
    write('package-lock.json', lock('5.0.0'))
    const { dir } = await make()
    expect(existsSync(join(dirname(dir), '.making'))).toBe(false)
  })

  it('five stay, and those that are in use or good', async () => {
    const dirs: string[] = []
    for (let at = 0; at < 7; at++) {
      write('packages/server/src/a.ts', `export const a = ${at}\n`)
      dirs.push((await make(NOW + at * 1000)).dir)
    }
    expect(pruneReleases(dataDir, new Set([dirs[0] ?? '']))).toBe(1)
    expect(dirs.map((dir) => existsSync(dir))).toEqual([true, false, true, true, true, true, true])
  })
})

describe('which packages differ', () => {
  const differences = (wanted: object, installed: object) =>
    installedDifferences(JSON.stringify({ packages: wanted }), JSON.stringify({ packages: installed }))

  it('versions and missing ones; not links, nor what another platform or production leaves out', () => {
    const wanted = {
      '': { version: '1.0.0' },
      'packages/core': { version: '1.0.0' },
      'node_modules/@spark/core': { link: true },
      'node_modules/a': { version: '1.0.0' },
      'node_modules/a/node_modules/b': { version: '2.0.0' },
      'node_modules/darwin': { version: '1.0.0', optional: true },
      'node_modules/linter': { version: '1.0.0', dev: true },
    }
    expect(
      differences(wanted, { 'node_modules/a': { version: '1.0.0' }, 'node_modules/a/node_modules/b': { version: '2.0.0' } }),
    ).toEqual([])
    expect(differences(wanted, { 'node_modules/a': { version: '1.0.1' }, 'node_modules/linter': { version: '2.0.0' } })).toEqual([
      'a 1.0.0 (1.0.1)',
      'b 2.0.0 (not installed)',
      'linter 1.0.0 (2.0.0)',
    ])
  })
})

describe('a release has proven itself', () => {
  const since = { sinceMs: NOW }
  const rollout = (phase: 'live' | 'done' | 'rolled_back' | 'killed', change = {}) => ({
    phase,
    startedMs: NOW - 10,
    endedMs: null,
    stepStartedMs: NOW + 1,
    ...change,
  })

  it('when the last step of a rollout was served on it to its end, also when a later one was braked', () => {
    expect(hasProvenItself(since, [rollout('done')], NOW + 2)).toBe(true)
    expect(hasProvenItself(since, [rollout('live')], NOW + 2)).toBe(false)
    expect(hasProvenItself({ sinceMs: NOW + 2 }, [rollout('done')], NOW + 3)).toBe(false)
    const later = rollout('rolled_back', { startedMs: NOW + 5, endedMs: NOW + 6 })
    expect(hasProvenItself(since, [later, rollout('done')], NOW + 7)).toBe(true)
    expect(hasProvenItself(since, [later], NOW + 7)).toBe(false)
  })

  it('after 24 hours, unless it was rolled back or killed meanwhile; an earlier rollback is not its own', () => {
    expect(hasProvenItself(since, [], NOW + PROVEN_MS - 1)).toBe(false)
    expect(hasProvenItself(since, [], NOW + PROVEN_MS)).toBe(true)
    for (const phase of ['rolled_back', 'killed'] as const) {
      expect(hasProvenItself(since, [rollout(phase, { endedMs: NOW })], NOW + PROVEN_MS)).toBe(false)
      expect(hasProvenItself(since, [rollout(phase, { endedMs: NOW - 1 })], NOW + PROVEN_MS)).toBe(true)
    }
  })

  it('a rollout that began when it had, and was rolled back, does not take that away', () => {
    const late = (startedMs: number) => rollout('rolled_back', { startedMs, endedMs: NOW + 2 * PROVEN_MS })
    expect(hasProvenItself(since, [late(NOW + PROVEN_MS)], NOW + 3 * PROVEN_MS)).toBe(true)
    expect(hasProvenItself(since, [late(NOW + PROVEN_MS - 1)], NOW + 3 * PROVEN_MS)).toBe(false)
    const first = rollout('killed', { endedMs: NOW + 1 })
    expect(hasProvenItself(since, [late(NOW + PROVEN_MS), first], NOW + 3 * PROVEN_MS)).toBe(false)
  })
})

it('of releases the newest five stay', () => {
  const all = Array.from({ length: 8 }, (_, at) => ({ dir: `r${at}`, usedMs: at }))
  expect(prunable(all, new Set(['r1']))).toEqual(['r2', 'r0'])
})
