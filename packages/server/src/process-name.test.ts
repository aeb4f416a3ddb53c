import { expect, it } from 'vitest'
import { isKind, isOnHost, localName, processName } from './process-name.ts'
import { WRITER_PATTERN } from './storage/audit/audit-event.ts'
import { parityProblem, type ProcessReport } from './storage/process-report-store.ts'
import { stopLocalProcess } from './stop-process.ts'

it.each([
  [null, 'api-2', 'api-2'],
  ['a', 'executor', 'a.executor'],
  ['host-with-a-name', 'api-16', 'host-with-a-name.api-16'],
])('on host %s the process %s is called %s', (hostName, local, name) => {
  expect(processName({ hostName }, local)).toBe(name)
  expect(localName(name)).toBe(local)
  expect(isOnHost(name, hostName)).toBe(true)
  expect(isOnHost(name, 'b')).toBe(false)
  expect(WRITER_PATTERN.test(name)).toBe(true)
})

it('a process is known by its kind, however its host is called', () => {
  expect(isKind('executor.api-1', 'api')).toBe(true)
  expect(isKind('api.executor', 'api')).toBe(false)
  expect(isKind('api-1', 'api')).toBe(true)
})

const report = (process: string, differs: Partial<ProcessReport> = {}): ProcessReport => ({
  process,
  pid: 1,
  version: '1',
  buildSha: 'x',
  schemaHash: 's',
  modelHash: 'm',
  canary: null,
  reportedAt: 0,
  ...differs,
})

it('processes of several hosts are an api and an executor', () => {
  expect(parityProblem([report('a.api-1'), report('b.executor')])).toBeNull()
  expect(parityProblem([report('executor.api-1')])).toBe('no executor has reported what it runs')
  expect(parityProblem([report('api.executor')])).toBe('no api has reported what it runs')
})

it.each([
  ['build', 'x', { buildSha: 'y' }],
  ['schema', 's', { schemaHash: 'y' }],
  ['model', 'm', { modelHash: 'y' }],
])('they disagree when one runs another %s, by their names', (what, hash, differs) => {
  expect(parityProblem([report('a.api-1'), report('api.executor', differs)])).toBe(
    `a.api-1 runs ${what} ${hash}; api.executor runs ${what} y`,
  )
})

it('a process of another kind is not stopped by its pid', () => {
  const health = { pid: process.pid, process: 'api.executor' }
  expect(stopLocalProcess('api', 'http://127.0.0.1:1', health)).toContain('api')
})
