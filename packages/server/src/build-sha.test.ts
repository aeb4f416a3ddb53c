import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
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

  it('is unknown outside a checkout', () => {
    expect(buildSha(folder)).toBe('unknown')
  })
})
