import { expect, it } from 'vitest'
import { createRandom, randomInteger } from '@spark/core/stats/random'
import { emptyPostgres } from '../storage/postgres/postgres-database-fixture.ts'
import { testInstallation } from './installation-fixture.ts'
import { migrateApart, statementsOf } from './kill-migration-fixture.ts'

const COPIES = 30
const KILLS_MAX = 4

it(`${COPIES} migrations, each killed up to ${KILLS_MAX} times at any statement, all end whole`, async () => {
  const installation = await testInstallation({ rows: 3, candles: 3_500, segments: 24, segmentBytes: 400_000 })
  const statements = await statementsOf(installation)
  const random = createRandom(7, 0)
  for (let copy = 0; copy < COPIES; copy++) {
    const url = await emptyPostgres()
    let outcome = null
    for (let kills = 0; outcome === null; kills++)
      outcome = await migrateApart(installation, url, kills < KILLS_MAX ? 1 + randomInteger(random, statements) : undefined)
    expect(outcome.differences, `copy ${copy}`).toEqual([])
  }
}, 1_800_000)
