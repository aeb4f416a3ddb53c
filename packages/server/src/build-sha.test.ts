import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildSha } from './build-sha.ts'

const folder = mkdtempSync(join(tmpdir(), 'spark-sha-'))
const repository = join(folder, 'repository')
const git = (...args: string[]) =>
  spawnSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { encoding: 'utf8' }).stdout.trim()
const there = spawnSync('git', ['--version']).status === 0

describe.skipIf(!there)('the build SHA (skipped without git)', () => {
  beforeAll(() => {
    git('init', '-q', repository)
    git('-C', repository, 'commit', '-q', '--allow-empty', '-m', 'first')
  })
  afterAll(() => rmSync(folder, { recursive: true }))
  const expected = () => git('-C', repository, 'rev-parse', 'HEAD')

  it('is what git says: on a branch, with packed refs, detached, and in a worktree', () => {
    expect(expected()).toMatch(/^[0-9a-f]{40}$/)
    expect(buildSha(repository)).toBe(expected())
    git('-C', repository, 'pack-refs', '--all')
    expect(buildSha(repository)).toBe(expected())
    const worktree = join(folder, 'worktree')
    git('-C', repository, 'worktree', 'add', '-q', worktree, '-b', 'other')
    expect(buildSha(worktree)).toBe(expected())
    git('-C', worktree, 'checkout', '-q', '--detach')
    expect(buildSha(worktree)).toBe(expected())
  })

  it('outside a checkout is what the file build-sha says, and unknown without one or with another text in it', () => {
    expect(buildSha(folder)).toBe('unknown')
    writeFileSync(join(folder, 'build-sha'), '$Format:%H$\n')
    expect(buildSha(folder)).toBe('unknown')
    writeFileSync(join(folder, 'build-sha'), `${expected()}\n`)
    expect(buildSha(folder)).toBe(expected())
  })

  it('is in what git archive packs of this repository', () => {
    const root = join(import.meta.dirname, '../../..')
    expect(readFileSync(join(root, 'build-sha'), 'utf8')).toBe('$Format:%H$\n')
    expect(readFileSync(join(root, '.gitattributes'), 'utf8')).toContain('build-sha export-subst')
  })
})
