import { createHash } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { BUILD_SHA_FILE, buildSha } from '../build-sha.ts'
import type { Clock } from '../clock.ts'
import type { Release } from '../supervisor/supervisor-contract.ts'
import { git, isCheckout, program } from './git.ts'
import { linkModules } from './link-modules.ts'
import { ReleaseProblem } from './release-problem.ts'

const FILES_SHOWN = 5
/** Of an unpacked build, what does not belong to it. */
const LEFT_OUT = new Set(['node_modules', '.git', 'data', 'coverage', '.test-report'])

export interface MakeRequest {
  /** The checkout or unpacked build, with its node_modules. */
  rootDir: string
  dataDir: string
  /** Take a checkout as it is, with changes that are in no commit. */
  allowDirty: boolean
  clock: Clock
}

export function releasesDir(dataDir: string): string {
  return join(dataDir, 'releases')
}

/**
 * A folder of its own with the code of `rootDir`: the commit of HEAD, or with `allowDirty` and for an unpacked build a copy, whose
 * SHA is then that of its content. The same build is made once. The caller holds the deploy lock. Rejects with ReleaseProblem.
 */
export async function makeRelease({ rootDir, dataDir, allowDirty, clock }: MakeRequest): Promise<Release> {
  if (!isCheckout(rootDir)) return copyRelease(rootDir, dataDir, filesBelow(rootDir, dataDir), buildSha(rootDir), clock)
  const dataPath = relative(rootDir, dataDir)
  // The data folder may lie in the checkout; whatever it is called, it is no code.
  const code = dataPath.startsWith('..') ? ['.'] : ['.', `:(exclude)${dataPath}`]
  const changed = (await git(rootDir, 'status', '--porcelain', '--', ...code)).split('\n').filter((line) => line !== '')
  if (changed.length === 0) return commitRelease(rootDir, dataDir, (await git(rootDir, 'rev-parse', 'HEAD')).trim(), clock)
  if (!allowDirty)
    throw new ReleaseProblem(
      `${changed.length} files of ${rootDir} are in no commit (${changed
        .slice(0, FILES_SHOWN)
        .map((line) => line.slice(3))
        .join(', ')}). Commit or remove them; --allow-dirty takes the folder as it is`,
    )
  const listed = (await git(rootDir, 'ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', ...code)).split('\0')
  const files = listed.filter((file) => file !== '' && existsSync(join(rootDir, file)))
  return copyRelease(rootDir, dataDir, files, 'unknown', clock)
}

/** The code of one commit. Rejects with ReleaseProblem when the repository does not have it. */
export async function commitRelease(rootDir: string, dataDir: string, sha: string, clock: Clock): Promise<Release> {
  return build(rootDir, dataDir, sha, clock, async (dir) => {
    const archive = `${dir}.tar`
    await git(rootDir, 'archive', '--format=tar', '-o', archive, sha)
    await program('tar', ['-xf', archive, '-C', dir])
    rmSync(archive)
  })
}

function copyRelease(rootDir: string, dataDir: string, files: readonly string[], sha: string, clock: Clock): Promise<Release> {
  return build(rootDir, dataDir, sha === 'unknown' ? contentSha(rootDir, files) : sha, clock, async (dir) => {
    for (const file of files) {
      mkdirSync(dirname(join(dir, file)), { recursive: true })
      copyFileSync(join(rootDir, file), join(dir, file))
    }
  })
}

/** Made aside and renamed when it is complete: a deploy that is killed leaves no half of a release. */
async function build(
  rootDir: string,
  dataDir: string,
  sha: string,
  clock: Clock,
  fill: (dir: string) => Promise<void>,
): Promise<Release> {
  const releases = releasesDir(dataDir)
  const dir = join(releases, sha)
  if (!existsSync(dir)) {
    mkdirSync(releases, { recursive: true })
    for (const name of readdirSync(releases)) if (name.startsWith('.making')) rmSync(join(releases, name), { recursive: true })
    const making = join(releases, '.making')
    mkdirSync(making)
    await fill(making)
    writeFileSync(join(making, BUILD_SHA_FILE), `${sha}\n`)
    linkModules(making, rootDir)
    renameSync(making, dir)
  } else linkModules(dir, rootDir)
  const now = clock.nowMs() / 1000
  utimesSync(dir, now, now)
  return { sha, dir }
}

/** 64 hex digits, as long as a SHA-256 of git: of paths and contents. */
function contentSha(rootDir: string, files: readonly string[]): string {
  const hash = createHash('sha256')
  for (const file of [...files].sort())
    hash.update(
      `${file}\0${createHash('sha256')
        .update(readFileSync(join(rootDir, file)))
        .digest('hex')}\n`,
    )
  return hash.digest('hex')
}

function filesBelow(rootDir: string, dataDir: string): string[] {
  const own = relative(rootDir, dataDir).split(sep)[0] ?? ''
  return readdirSync(rootDir, { recursive: true, encoding: 'utf8' }).filter((file) => {
    const parts = file.split(sep)
    if (LEFT_OUT.has(parts[0] ?? '') || parts[0] === own || parts.includes('node_modules')) return false
    return lstatSync(join(rootDir, file)).isFile()
  })
}
