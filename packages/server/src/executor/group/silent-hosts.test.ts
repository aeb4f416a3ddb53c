import { expect, it } from 'vitest'
import { REPORT_FRESH_MS, type ProcessReport } from '../../storage/process-report-store.ts'
import { silentHosts } from './silent-hosts.ts'

const NOW_MS = 1_000_000
const report = (process: string, agoMs: number): ProcessReport => ({
  process,
  pid: 1,
  buildSha: 'b',
  version: '1',
  schemaHash: 's',
  modelHash: 'm',
  canary: null,
  reportedAt: NOW_MS - agoMs,
})

const isSilent = ({ reportedAt }: ProcessReport) => NOW_MS - reportedAt > REPORT_FRESH_MS

it.each([
  ['nobody, while all were heard of within 15 s', [report('a.executor', 15_000), report('a.api-1', 0)], []],
  ['nobody where one of several apis is', [report('a.executor', 0), report('a.api-1', 20_000), report('a.api-2', 1_000)], []],
  ['an executor beside its api', [report('a.executor', 20_000), report('a.api-1', 0)], [['a', ['a.executor'], 20_000]]],
  ['all apis beside their executor', [report('b.api-1', 16_000), report('b.executor', 0)], [['b', ['b.api-1'], 16_000]]],
  [
    'a whole host, since the first of it was, and the one without a name',
    [report('a.executor', 20_000), report('a.api-1', 30_000), report('executor', 40_000), report('api-1', 0)],
    [
      ['a', ['a.api-1', 'a.executor'], 30_000],
      ['', ['executor'], 40_000],
    ],
  ],
] as const)('silent is %s', (_what, reports, expected) => {
  const found = silentHosts([...reports], isSilent).map(({ host, processes, sinceMs }) => [host, processes, NOW_MS - sinceMs])
  expect(found).toEqual(expected)
})
