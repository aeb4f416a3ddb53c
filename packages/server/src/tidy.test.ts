import { readFileSync, readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ERRORS } from '@spark/contract/errors'
import { describe, expect, it } from 'vitest'
import { SETTINGS } from './settings.ts'

// What the linters miss: the dependency rule, and the one place for clock, randomness, environment and timers.

const root = fileURLToPath(new URL('../../..', import.meta.url))

interface SourceFile {
  path: string
  text: string
}

function sources(): SourceFile[] {
  const files: SourceFile[] = []
  for (const name of readdirSync(join(root, 'packages'))) {
    const folder = join(root, 'packages', name, 'src')
    for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
      if (!entry.isFile() || !/\.tsx?$/.test(entry.name)) continue
      const path = join(entry.parentPath, entry.name)
      files.push({ path: relative(root, path), text: readFileSync(path, 'utf8') })
    }
  }
  return files
}

const all = sources()
/** Tests and their fixtures may use the real clock; what ships may not. */
const shipped = all.filter(({ path }) => !/\.test\.ts$|-fixture\.ts$|-contract\.ts$/.test(path))
const offenders = (pattern: RegExp, allowed: readonly string[], files = shipped) =>
  files.filter(({ path, text }) => !allowed.includes(path) && pattern.test(withoutComments(text))).map(({ path }) => path)

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '')
}

const importsOf = ({ text }: SourceFile): string[] =>
  [...text.matchAll(/(?:from|import) '([^']+)'/g)].map((match) => match[1] ?? '')

/** Over as many lines as it takes; of types alone is none. */
const POSTGRES_IMPORT =
  /^import (?!type )[^']*from '(pg|[^']*\/postgres\/[^']*|[^']*\/(server-(audit|appender|holder)|migrate-installation)(\.ts)?)'/m

describe('the house', () => {
  it('was read: there are sources in every package', () => {
    for (const name of ['core', 'contract', 'server', 'cli', 'dashboard'])
      expect(all.filter(({ path }) => path.startsWith(`packages/${name}/`)).length).toBeGreaterThan(4)
  })

  it('reads the time and sets timers in clock.ts only, of the server and of the dashboard', () => {
    expect(
      offenders(/\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(|\bset(Timeout|Interval)\(/, [
        'packages/server/src/clock.ts',
        'packages/dashboard/src/clock.ts',
      ]),
    ).toEqual([])
  })

  it('draws randomness in random.ts, and for key files where they are made', () => {
    expect(
      offenders(/\bMath\.random\(|\brandomBytes\(|\brandomUUID\(/, [
        'packages/server/src/random.ts',
        'packages/server/src/key-file.ts',
        'packages/server/src/secret-box.ts',
      ]),
    ).toEqual([])
  })

  it('reads the environment in config.ts only; the supervisor hands it to its children', () => {
    expect(offenders(/\bprocess\.env\b/, ['packages/server/src/config.ts', 'packages/cli/src/commands/up.ts'])).toEqual([])
  })

  it('loads PostgreSQL only when an address asks for it: nothing else imports it but for its types', () => {
    const own = /packages\/server\/src\/(storage\/(postgres\/|audit\/server-)|migrate-installation\/)/
    expect(shipped.filter(({ path }) => own.test(path)).length).toBeGreaterThan(5)
    const others = shipped.filter(({ path }) => !own.test(path))
    expect(POSTGRES_IMPORT.test("import {\n  Client,\n  Pool,\n} from 'pg'")).toBe(true)
    expect(POSTGRES_IMPORT.test("import type {\n  Pool,\n} from 'pg'\nimport { a } from './a.ts'")).toBe(false)
    expect(offenders(POSTGRES_IMPORT, ['packages/server/src/storage/audit/audit-fixtures.ts'], others)).toEqual([])
  })

  it('has no default export, no any, no suppressed type error, nothing left to do', () => {
    expect(offenders(/^export default/m, [], all)).toEqual([])
    const written = all.filter(({ path }) => !path.endsWith('/tidy.test.ts'))
    expect(offenders(/: any\b|\bas any\b/, [], written)).toEqual([])
    expect(
      all
        .filter(
          ({ path, text }) =>
            path !== 'packages/server/src/tidy.test.ts' && /@ts-(ignore|expect-error|nocheck)|TODO|FIXME/.test(text),
        )
        .map(({ path }) => path),
    ).toEqual([])
  })

  it('keeps core pure: no Node, no promises, no package but its own and decimals', () => {
    const core = shipped.filter(({ path }) => path.startsWith('packages/core/'))
    for (const file of core) {
      for (const name of importsOf(file))
        expect(name.startsWith('.') || ['canonicalize', 'decimal.js'].includes(name), `${file.path} imports ${name}`).toBe(true)
      expect(/\basync\b|\bPromise\b/.test(withoutComments(file.text)), file.path).toBe(false)
    }
  })

  it('depends downwards only: core, contract, server, cli; the dashboard on the contract alone', () => {
    const below: Record<string, readonly string[]> = {
      core: [],
      contract: ['core'],
      server: ['core', 'contract'],
      cli: ['core', 'contract', 'server'],
      dashboard: ['contract'],
    }
    const wrong = all.flatMap((file) =>
      importsOf(file)
        .filter((name) => {
          const other = /^@spark\/(\w+)/.exec(name)?.[1]
          return other !== undefined && below[file.path.split('/')[1] ?? '']?.includes(other) !== true
        })
        .map((name) => `${file.path} imports ${name}`),
    )
    expect(wrong).toEqual([])
  })

  it('inside the server, processes and adapters do not import each other', () => {
    const apart = [
      ['api', 'executor', 'supervisor'],
      ['queue', 'feed', 'venue'],
      ['storage', 'feed'],
    ]
    const folderOf = (path: string) => path.split('/')[3] ?? ''
    const wrong = shipped
      .filter(({ path }) => path.startsWith('packages/server/src/') && !path.endsWith('/main.ts'))
      .flatMap((file) => {
        const others = apart.find((one) => one.includes(folderOf(file.path)))?.filter((one) => one !== folderOf(file.path)) ?? []
        return importsOf(file)
          .filter(
            (name) => name.startsWith('../') && others.includes(folderOf(relative(root, join(root, file.path, '..', name)))),
          )
          .map((name) => `${file.path} imports ${name}`)
      })
    expect(wrong).toEqual([])
  })

  it('keeps files short: median under 100 lines, 90th percentile under 300, none over 400', () => {
    const lines = all.map(({ text }) => text.split('\n').length).sort((a, b) => a - b)
    expect(lines[lines.length >> 1]).toBeLessThan(100)
    expect(lines[Math.floor(lines.length * 0.9)]).toBeLessThan(300)
    expect(lines.at(-1)).toBeLessThanOrEqual(400)
  })

  it('documents every setting and every error code', () => {
    const operations = readFileSync(join(root, 'docs/operations.md'), 'utf8')
    const names = [...Object.values(SETTINGS).map(({ name }) => name), ...Object.keys(ERRORS)]
    expect(names.length).toBeGreaterThan(40)
    expect(names.filter((name) => !operations.includes(`\n| \`${name}\` |`))).toEqual([])
  })
})
