import type { Model } from '@spark/core/signal/model'
import type { Kysely } from 'kysely'
import { prepared } from './prepared.ts'
import type { MainTables, ModelRow } from './tables.ts'

export interface StoredModel {
  version: string
  /** Null: what is stored is not a JSON object any more. */
  document: Model | null
  /** As it was when the model was stored; the reader checks it against the document. */
  hash: string
  createdAt: number
}

/** A version names one document for ever. */
export class ModelConflictError extends Error {
  readonly code = 'model_conflict'
  constructor(version: string) {
    super(`model ${version} is stored with another document; give the new one a version of its own`)
    this.name = 'ModelConflictError'
  }
}

export interface ModelStore {
  /** Storing the same document again changes nothing. Rejects with ModelConflictError when the version has another hash. */
  put(document: Model, hash: string, nowMs: number): Promise<void>
  get(version: string): Promise<StoredModel | null>
  /** By time of storing, then version. */
  list(): Promise<StoredModel[]>
  /** Points an alias (champion, challenger, shadow) at a stored version; rejects when there is none. */
  setAlias(alias: string, version: string, nowMs: number): Promise<void>
  /** Points it at nothing. */
  dropAlias(alias: string): Promise<void>
  /** Version by alias. */
  aliases(): Promise<Record<string, string>>
}

const allAliases = prepared<MainTables, Record<string, never>, { alias: string; version: string }>((from) =>
  from.selectFrom('model_alias').select(['alias', 'version']).orderBy('alias'),
)

export function createModelStore(db: Kysely<MainTables>): ModelStore {
  return {
    async put(document, hash, nowMs) {
      const { version } = document
      await db.transaction().execute(async (trx) => {
        const known = await trx.selectFrom('model').select('hash').where('version', '=', version).executeTakeFirst()
        if (known?.hash === hash) return
        if (known !== undefined) throw new ModelConflictError(version)
        const row: ModelRow = { version, document: JSON.stringify(document), hash, created_at: nowMs }
        await trx.insertInto('model').values(row).execute()
      })
    },
    async get(version) {
      const row = await db.selectFrom('model').selectAll().where('version', '=', version).executeTakeFirst()
      return row === undefined ? null : fromRow(row)
    },
    async list() {
      const rows = await db.selectFrom('model').selectAll().orderBy('created_at').orderBy('version').execute()
      return rows.map(fromRow)
    },
    async setAlias(alias, version, nowMs) {
      await db
        .insertInto('model_alias')
        .values({ alias, version, changed_at: nowMs })
        .onConflict((conflict) => conflict.column('alias').doUpdateSet({ version, changed_at: nowMs }))
        .execute()
    },
    async dropAlias(alias) {
      await db.deleteFrom('model_alias').where('alias', '=', alias).execute()
    },
    async aliases() {
      const { rows } = await allAliases(db, {})
      return Object.fromEntries(rows.map(({ alias, version }) => [alias, version]))
    },
  }
}

function fromRow({ version, document, hash, created_at: createdAt }: ModelRow): StoredModel {
  return { version, document: parsed(document), hash, createdAt }
}

/** A damaged row must not keep the others from being read. */
function parsed(document: string): Model | null {
  try {
    const value: unknown = JSON.parse(document)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Model) : null
  } catch {
    return null
  }
}
