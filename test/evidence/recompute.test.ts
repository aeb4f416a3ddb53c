import { readFileSync } from 'node:fs'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { makeReport } from '@spark/server/report/make-report'
import { evidenceFile } from '@spark/server/report/report-files'
import { DAY, fillDay, loseBreaches, openHouse, PREPARED } from '@spark/server/report/report-fixture'
import { recompute } from './recompute.ts'

/** Not measured: when it was prepared. */
const STATED = new Set(['prepared.ms'])

/** Where a report has a number, or says that there is none, and it is not what was recomputed. */
function differences(report: unknown, numbers: unknown, path = ''): string[] {
  if (typeof report === 'number') {
    const isSame = typeof numbers === 'number' && Math.abs(report - numbers) <= 1e-9 * Math.max(1, Math.abs(report))
    return isSame || STATED.has(path) ? [] : [`${path}: ${report}, recomputed ${String(numbers)}`]
  }
  if (report === null && typeof numbers === 'number') return [`${path}: nothing, recomputed ${numbers}`]
  if (typeof report !== 'object' || report === null) return []
  const other = (numbers ?? {}) as Record<string, unknown>
  const short =
    Array.isArray(report) && Array.isArray(numbers) && numbers.length !== report.length
      ? [`${path}: ${report.length} of ${numbers.length}`]
      : []
  return [
    ...short,
    ...Object.entries(report).flatMap(([name, value]) => differences(value, other[name], path === '' ? name : `${path}.${name}`)),
  ]
}

const countNumbers = (value: unknown): number =>
  typeof value === 'number'
    ? 1
    : typeof value === 'object' && value !== null
      ? Object.values(value).reduce((sum: number, one) => sum + countNumbers(one), 0)
      : 0

async function evidenceOf(
  fill: boolean,
  period: (typeof DAY)['period'] | { kind: 'rollout'; fromMs: number; toMs: number } = DAY.period,
  lost = 0,
) {
  const folder = mkdtempSync(join(tmpdir(), 'spark-evidence-'))
  const house = await openHouse(folder)
  if (fill) await fillDay(house, { due: 6, labels: 500, scoreRows: 1 })
  if (lost > 0) await loseBreaches(house, lost)
  await makeReport(house.deps, { id: DAY.id, period, prepared: PREPARED })
  const zip = readFileSync(evidenceFile(folder, DAY.id))
  await house.close()
  rmSync(folder, { recursive: true })
  return zip
}

it('every number of a report is what its evidence says, computed by other code', async () => {
  const { report, numbers } = recompute(await evidenceOf(true))
  expect(differences(report, numbers)).toEqual([])
  // Of the hours, the points of the charts, the bands, the buckets and the rest.
  expect(countNumbers(report)).toBeGreaterThan(1800)
})

it('also of a phase of some hours, which begins within a window', async () => {
  const period = {
    kind: 'rollout',
    fromMs: DAY.period.fromMs + 10 * 3_600_000 + 90_000,
    toMs: DAY.period.toMs - 7_230_000,
  } as const
  const { report, numbers } = recompute(await evidenceOf(true, period))
  expect(differences(report, numbers)).toEqual([])
})

it('also when breaches of it are not kept any more: what they would come to is nothing', async () => {
  const { report, numbers } = recompute(await evidenceOf(true, DAY.period, 3))
  expect(differences(report, numbers)).toEqual([])
  expect(report['summary']).toMatchObject({ criticalPerDay: null, minorPerDay: null })
})

it('also when there is nothing', async () => {
  const { report, numbers } = recompute(await evidenceOf(false))
  expect(differences(report, numbers)).toEqual([])
})

it('a number that is another is found', async () => {
  const { report, numbers } = recompute(await evidenceOf(true))
  const scores = { ...(report['scores'] as { ok: number }) }
  scores.ok += 1
  expect(differences({ ...report, scores }, numbers)).toEqual([`scores.ok: ${scores.ok}, recomputed ${scores.ok - 1}`])
})
