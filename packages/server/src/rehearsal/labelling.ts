import type { Kysely } from 'kysely'
import { labelDepsOf } from '../executor/labels/label-deps.ts'
import { matureLabels } from '../executor/labels/mature-labels.ts'
import type { OrderDesk } from '../executor/order-desk.ts'
import type { Feed } from '../feed/feed.ts'
import { StorageError } from '../storage/storage-error.ts'
import type { MainTables } from '../storage/tables.ts'
import type { Life } from './life.ts'
import type { World } from './world.ts'

interface LabellingParts {
  world: World
  life: Life
  db: Kysely<MainTables>
  desk: OrderDesk
  feed: Feed
}

/** The job `labels` of one life of the executor: what could not be stored is done by the next run. */
export function startLabelling({ world, life, db, desk, feed }: LabellingParts, everyMs: number): void {
  const { config, streams, faults } = world
  // What is marked is marked in the real market.
  const markers = () => Promise.resolve({ leftOut: [], problems: [] })
  const deps = labelDepsOf({ config, clock: life.clock, db, desk, feed, streams, markers })
  let runs = false
  life.clock.every(everyMs, () => {
    if (runs || faults.of('late_labels') !== null) return
    runs = true
    matureLabels(deps)
      .catch((error: unknown) => {
        if (!(error instanceof StorageError)) throw error
      })
      .finally(() => (runs = false))
  })
}
