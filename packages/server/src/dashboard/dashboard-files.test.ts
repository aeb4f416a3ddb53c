import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { buildDashboard } from './build-dashboard.ts'
import { buildFolder, openDashboardFiles } from './dashboard-files.ts'

const roots: string[] = []
afterAll(() => {
  for (const root of roots) rmSync(root, { recursive: true })
})

function emptyRoot(): string {
  const root = mkdtempSync(join(tmpdir(), 'spark-dashboard-'))
  roots.push(root)
  return root
}

function rootWithSources(): string {
  const root = emptyRoot()
  write(root, 'packages/dashboard/index.html', '<title>Spark</title>')
  write(root, 'packages/contract/src/a.ts', '1')
  write(root, 'packages/core/src/b.ts', '1')
  return root
}

function write(root: string, file: string, text: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true })
  writeFileSync(join(root, file), text)
}

describe('the files of the dashboard', () => {
  it('are none for code without a dashboard', () => {
    const root = emptyRoot()
    expect(buildFolder(root)).toBe(null)
    expect(openDashboardFiles(root).page()).toBe(null)
  })

  it('lie in a folder named for their sources, in which tests do not count', () => {
    const root = rootWithSources()
    const before = buildFolder(root)
    write(root, 'packages/core/src/b.test.ts', '1')
    write(root, 'packages/dashboard/node_modules/c.ts', '1')
    expect(buildFolder(root)).toBe(before)
    write(root, 'packages/core/src/b.ts', '2')
    expect(buildFolder(root)).not.toBe(before)
  })

  it('can be read by another user than who built them', async () => {
    const root = rootWithSources()
    write(root, 'node_modules/vite/package.json', '{"type":"module"}')
    write(
      root,
      'node_modules/vite/bin/vite.js',
      "import { writeFileSync } from 'node:fs'\nwriteFileSync(`${process.argv[4]}/index.html`, '')",
    )
    expect(await buildDashboard(root)).toEqual({ built: true })
    expect(statSync(openDashboardFiles(root).page() ?? '').mode & 0o777).toBe(0o755)
    expect(await buildDashboard(root)).toEqual({ built: false })
  })

  it('are there as soon as they are built, and those of another release are found too', () => {
    const root = rootWithSources()
    const files = openDashboardFiles(root)
    expect(files.page()).toBe(null)
    const own = buildFolder(root) ?? ''
    mkdirSync(own, { recursive: true })
    writeFileSync(join(own, 'index.html'), '')
    expect(files.page()).toBe(own)
    expect(files.folderOf('index-12345678.js')).toBe(null)
    const other = join(dirname(own), 'other')
    mkdirSync(join(other, 'assets'), { recursive: true })
    writeFileSync(join(other, 'assets/index-12345678.js'), '')
    expect(files.folderOf('index-12345678.js')).toBe(other)
  })
})
