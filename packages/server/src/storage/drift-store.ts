import type { FeatureDrift, FeatureSample, ReferenceFeatures } from '@spark/core/calibration/feature-drift'
import type { Stream } from '@spark/core/market/candle'
import type { Kysely } from 'kysely'
import type { MainTables } from './tables.ts'

export interface StoredReference {
  /** The model's training window, or the first weeks of its labels when it was not trained. */
  origin: 'training' | 'first_weeks'
  fromMs: number
  toMs: number
  values: number
  streams: readonly Stream[]
  features: ReferenceFeatures
}

export interface DriftLook {
  /** End of the time looked at, ms. */
  ts: number
  features: FeatureDrift[]
}

export interface DriftStore {
  /** Features of the labels of a model on a stream that were entered in the stretch; the end is not included. */
  samples(model: string, stream: Stream, fromMs: number, toMs: number): Promise<FeatureSample[]>
  reference(model: string): Promise<StoredReference | null>
  /** Keeps it unless there is one already: what is compared with never changes. */
  putReference(model: string, reference: StoredReference, nowMs: number): Promise<void>
  /** Keeps the look, in the place of one at the same time. */
  putLook(model: string, look: DriftLook): Promise<void>
  /** The newest look; null before the first. */
  newestLook(model: string): Promise<DriftLook | null>
}

export function createDriftStore(db: Kysely<MainTables>): DriftStore {
  return {
    async samples(model, { symbol, tf }, fromMs, toMs) {
      const own = db.selectFrom('label').where('model', '=', model).where('symbol', '=', symbol).where('tf', '=', tf)
      const inTime = own.where('entry_ts', '>=', fromMs).where('entry_ts', '<', toMs)
      const rows = await inTime.select(['entry_ts', 'rsi', 'macd', 'trend', 'atr', 'entry_price']).orderBy('ts').execute()
      return rows.map(({ entry_ts: ts, rsi, macd, trend, atr, entry_price: price }) => {
        return { ts, rsi, macd, trend, volatility: atr / price }
      })
    },
    async reference(model) {
      const row = await db.selectFrom('drift_reference').select('reference').where('model', '=', model).executeTakeFirst()
      return row === undefined ? null : (JSON.parse(row.reference) as StoredReference)
    },
    async putReference(model, reference, nowMs) {
      await db
        .insertInto('drift_reference')
        .values({ model, reference: JSON.stringify(reference), created_at: nowMs })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    },
    async putLook(model, { ts, features }) {
      const text = JSON.stringify(features)
      await db
        .insertInto('drift_look')
        .values({ model, ts, features: text })
        .onConflict((conflict) => conflict.columns(['model', 'ts']).doUpdateSet({ features: text }))
        .execute()
    },
    async newestLook(model) {
      const own = db.selectFrom('drift_look').select(['ts', 'features']).where('model', '=', model)
      const row = await own.orderBy('ts', 'desc').limit(1).executeTakeFirst()
      return row === undefined ? null : { ts: row.ts, features: JSON.parse(row.features) as FeatureDrift[] }
    },
  }
}
