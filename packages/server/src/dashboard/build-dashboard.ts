import { spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { setPriority } from 'node:os'
import { basename, join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { buildFolder, buildsDir } from './dashboard-files.ts'

const BUILDS_KEPT = 10
const OUTPUT_SHOWN = 2000
/** Scoring and orders go first on a machine that builds while it serves. */
const BUILD_PRIORITY = 10

/**
 * Builds the page of this code with Vite, unless it is built already. Resolves with whether it was built now; rejects with what
 * Vite said. Made aside and renamed when complete, so two may build at once and a reader never sees half of it.
 */
export async function buildDashboard(rootDir: string): Promise<{ built: boolean }> {
  const folder = buildFolder(rootDir)
  if (folder === null || existsSync(join(folder, 'index.html'))) return { built: false }
  const builds = buildsDir(rootDir)
  mkdirSync(builds, { recursive: true })
  const draft = mkdtempSync(join(builds, '.making-'))
  try {
    await runVite(rootDir, draft)
    compressAll(draft)
    // mkdtemp makes it private; who serves it may be another user than who installed it.
    chmodSync(draft, 0o755)
    renameSync(draft, folder)
  } catch (error) {
    rmSync(draft, { recursive: true, force: true })
    // Another process was faster with the same sources.
    if (!existsSync(join(folder, 'index.html'))) throw error
  }
  removeOld(builds, folder)
  return { built: true }
}

function runVite(rootDir: string, outDir: string): Promise<void> {
  const vite = join(rootDir, 'node_modules/vite/bin/vite.js')
  if (!existsSync(vite)) return Promise.reject(new Error(`${vite} is missing; run npm ci in ${rootDir}`))
  const child = spawn(process.execPath, [vite, 'build', '--outDir', outDir, '--logLevel', 'warn'], {
    cwd: join(rootDir, 'packages/dashboard'),
    // Nothing of the caller's: the same sources make the same page, and NODE_ENV=test would make React's slow one.
    env: { NODE_ENV: 'production' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (child.pid !== undefined) setPriority(child.pid, BUILD_PRIORITY)
  let said = ''
  const keep = (text: string) => (said = (said + text).slice(-OUTPUT_SHOWN))
  child.stdout.setEncoding('utf8').on('data', keep)
  child.stderr.setEncoding('utf8').on('data', keep)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`vite ended with ${code}: ${said.trim()}`))))
  })
}

/** Beside each file its smaller forms, so that nothing is compressed for a request. */
function compressAll(folder: string): void {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const file = join(folder, name)
    if (!/\.(js|css|html|svg)$/.test(name) || !statSync(file).isFile()) continue
    const content = readFileSync(file)
    writeFileSync(`${file}.br`, brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }))
    writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }))
  }
}

/** Pages of older releases stay open for a while, and ask for their files. */
function removeOld(builds: string, newest: string): void {
  const others = readdirSync(builds)
    .filter((name) => !name.startsWith('.') && name !== basename(newest))
    .map((name) => ({ path: join(builds, name), changedMs: statSync(join(builds, name)).mtimeMs }))
    .sort((a, b) => b.changedMs - a.changedMs)
  for (const { path } of others.slice(BUILDS_KEPT - 1)) rmSync(path, { recursive: true, force: true })
}
