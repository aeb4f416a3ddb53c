import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { ChainHead } from '@spark/core/audit/chain'
import { parseCheckpoint } from '@spark/core/audit/checkpoint'
import type { MainTables } from '../tables.ts'
import { openMainDatabase } from '../open-main-database.ts'
import { databaseIsThere, databaseName, isPostgresUrl } from '../postgres-url.ts'
import { openDatabase } from '../sqlite/open-database.ts'
import type { AuditLocation } from './audit-location.ts'
import { type SignedCheckpoint, signedCheckpoints } from './checkpoint-store.ts'
import { parseSigned } from './copied-checkpoints.ts'

/** A place that keeps checkpoints: the table, or the file elsewhere. Each call of `read` reads it anew from its start. */
export interface CheckpointSource {
  read(): AsyncGenerator<FoundCheckpoint, void, void>
}

export interface FoundCheckpoint {
  /** For messages: `spark.db, checkpoint of <time>` or `<file> line <number>`. */
  place: string
  /** Null: not readable as a signed checkpoint. */
  signed: SignedCheckpoint | null
  ts: number
}

const PAGE_ROWS = 500

export function tableSource(location: AuditLocation & { databasePath: string }): CheckpointSource {
  const { databasePath } = location
  const place = databaseName(databasePath)
  return {
    async *read() {
      if (!databaseIsThere(databasePath)) return
      const database = await openForReading(location)
      try {
        let afterTs = -1
        for (;;) {
          const rows = await signedCheckpoints(database.db, afterTs, PAGE_ROWS)
          for (const { ts, ...signed } of rows) {
            yield { place: `checkpoint ${new Date(ts).toISOString()} in ${place}`, signed, ts }
          }
          const last = rows.at(-1)
          if (last === undefined) return
          afterTs = last.ts
        }
      } finally {
        await database.close()
      }
    },
  }
}

function openForReading({ databasePath, durability = 'full' }: AuditLocation & { databasePath: string }) {
  if (isPostgresUrl(databasePath)) return openMainDatabase({ path: databasePath, thread: false, durability })
  return openDatabase<MainTables>({ path: databasePath, thread: false, readOnly: true })
}

export function fileSource(path: string): CheckpointSource {
  return {
    async *read() {
      let number = 0
      for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
        number += 1
        if (line === '') continue
        const signed = parseSigned(line)
        const ts = signed === null ? null : parseCheckpoint(signed.document)?.ts
        yield { place: `${path} line ${number}`, signed, ts: ts ?? 0 }
      }
    },
  }
}

/** What the checkpoints of a source say of one writer, in their order; those of `distrusted` places are passed over. */
export async function* headsOfWriter(
  source: CheckpointSource,
  writer: string,
  distrusted: ReadonlySet<string>,
): AsyncGenerator<ChainHead & { place: string }, void, void> {
  let lastHash = ''
  for await (const { place, signed } of source.read()) {
    if (signed === null || distrusted.has(place)) continue
    const head = parseCheckpoint(signed.document)?.heads[writer]
    if (head === undefined || head.hash === lastHash) continue
    lastHash = head.hash
    yield { ...head, place }
  }
}
