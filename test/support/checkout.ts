import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { linkModules } from '@spark/server/release/link-modules'
import { ROOT } from './spark.ts'

export const HAS_GIT = spawnSync('git', ['--version']).status === 0 && existsSync(join(ROOT, '.git'))

/** A checkout of its own with the code as it lies here, committed. */
export interface Checkout {
  dir: string
  /** Writes the file, commits, and returns the new SHA. */
  commit(file: string, text: string): string
  write(file: string, text: string): void
  read(file: string): string
  head(): string
  remove(): void
}

export function createCheckout(): Checkout {
  const dir = join(mkdtempSync(join(tmpdir(), 'spark-checkout-')), 'spark')
  const listed = git(ROOT, 'ls-files', '-z', '--cached', '--others', '--exclude-standard').split('\0')
  for (const file of listed.filter((name) => name !== '' && existsSync(join(ROOT, name)))) {
    mkdirSync(dirname(join(dir, file)), { recursive: true })
    copyFileSync(join(ROOT, file), join(dir, file))
  }
  linkModules(dir, ROOT)
  git(dir, 'init', '-q')
  const commitAll = () => {
    git(dir, 'add', '-A')
    git(dir, 'commit', '-q', '-m', 'change')
    return git(dir, 'rev-parse', 'HEAD').trim()
  }
  commitAll()
  return {
    dir,
    commit(file, text) {
      writeFileSync(join(dir, file), text)
      return commitAll()
    },
    write: (file, text) => writeFileSync(join(dir, file), text),
    read: (file) => readFileSync(join(dir, file), 'utf8'),
    head: () => git(dir, 'rev-parse', 'HEAD').trim(),
    remove: () => rmSync(dirname(dir), { recursive: true, force: true }),
  }
}

function git(dir: string, ...args: string[]): string {
  const identity = ['-c', 'user.name=a', '-c', 'user.email=a@b', '-c', 'commit.gpgsign=false']
  const { status, stdout, stderr } = spawnSync('git', ['-C', dir, ...identity, ...args], {
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  })
  if (status !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}`)
  return stdout
}
