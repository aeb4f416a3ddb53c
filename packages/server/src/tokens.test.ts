import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { systemRandomness } from './random.ts'
import { createAuthenticator, loadTokens } from './tokens.ts'

const root = mkdtempSync(join(tmpdir(), 'spark-tokens-'))
afterAll(() => rmSync(root, { recursive: true }))

describe('tokens', () => {
  it('are made once, differ, and stay the same', () => {
    const first = loadTokens(join(root, 'a'), systemRandomness)
    expect(first.operator).not.toBe(first.executor)
    expect(loadTokens(join(root, 'a'), systemRandomness)).toEqual(first)
    expect(readdirSync(join(root, 'a')).sort()).toEqual(['executor.token', 'operator.token'])
  })

  it('are readable by their owner only, and closed again when they were not', () => {
    loadTokens(join(root, 'b'), systemRandomness)
    chmodSync(join(root, 'b', 'operator.token'), 0o644)
    loadTokens(join(root, 'b'), systemRandomness)
    expect(statSync(join(root, 'b', 'operator.token')).mode & 0o777).toBe(0o600)
  })

  it('tell callers apart, and a wrong token from none', () => {
    const tokens = { operator: 'op', executor: 'ex' }
    const authenticate = createAuthenticator(tokens)
    expect(authenticate(undefined)).toBe('anonymous')
    expect(authenticate('Bearer op')).toBe('operator')
    expect(authenticate('Bearer ex')).toBe('executor')
    for (const wrong of ['Bearer opp', 'op', 'Basic op', '', 'Bearer ']) expect(authenticate(wrong)).toBe('wrong')
  })
})
