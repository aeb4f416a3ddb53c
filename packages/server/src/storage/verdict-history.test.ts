import { labelThat } from '@spark/core/calibration/label-fixture'
import { DEFAULT_BARRIERS } from '@spark/core/calibration/labels'
import { addRound, createEvidence } from '@spark/core/calibration/verdict'
import { expect, it, onTestFinished } from 'vitest'
import { openTestDatabase } from './main-database-fixture.ts'
import { forgetVerdictsAfter, keepVerdict, pastVerdicts } from './verdict-history.ts'

const DAY = 86_400_000

it('of each day the last verdict is kept, and each change of it; a round that is counted anew stands once', async () => {
  const database = await openTestDatabase()
  onTestFinished(() => database.close())
  const { db } = database
  const evidence = createEvidence(DEFAULT_BARRIERS)
  const round = async (roundsTo: number, hits: boolean, count: number) => {
    for (let at = 0; at < count; at += 1) addRound(evidence, [{ model: labelThat(hits), baseline: null }])
    await keepVerdict(db, { model: 'm-1', evidence, roundsTo })
  }
  await keepVerdict(db, { model: 'other', evidence, roundsTo: 3 })
  await round(1, true, 1)
  await keepVerdict(db, { model: 'other', evidence, roundsTo: 5 })
  await round(2, true, 1)
  await round(DAY + 1, true, 1)
  await round(DAY + 2, true, 300)
  await round(DAY + 2, true, 1)
  expect((await pastVerdicts(db, 'm-1', 10)).map(({ at, verdict, labels }) => [at, verdict, labels])).toEqual([
    [2, 'unproven', 2],
    [DAY + 1, 'unproven', 3],
    [DAY + 2, 'proven', 304],
  ])
  const [newest] = await pastVerdicts(db, 'm-1', 1)
  expect(newest?.netReturn?.low).toBeGreaterThan(0)
  expect(newest?.netReturn?.mean).toBeCloseTo(1, 9)
  // Nothing is kept of no labels.
  expect(await pastVerdicts(db, 'other', 10)).toMatchObject([{ at: 5, verdict: 'unproven', labels: 1 }])
  await forgetVerdictsAfter(db, 'm-1', DAY + 1)
  expect((await pastVerdicts(db, 'm-1', 10)).map(({ at }) => at)).toEqual([2, DAY + 1])
})
