import type { Kysely } from 'kysely'
import type { CheckpointSource } from '../storage/audit/checkpoint-sources.ts'
import { parsePublicKey, signatureHolds } from '../storage/audit/signing-key.ts'
import type { MainTables } from '../storage/tables.ts'

/**
 * Adds the checkpoints that were signed since the backup was taken: the audit is newer than the backup, and only they tell what retention
 * removed of it. A source that cannot be read adds nothing; the next one may have the same. Resolves with how many were added.
 */
export async function carryCheckpoints(
  trx: Kysely<MainTables>,
  sources: readonly CheckpointSource[],
  publicKeyPem: string | null,
): Promise<number> {
  if (publicKeyPem === null) return 0
  const publicKey = parsePublicKey(publicKeyPem)
  const newest = await trx
    .selectFrom('audit_checkpoint')
    .select(({ fn }) => fn.max<number | null>('ts').as('ts'))
    .executeTakeFirst()
  let added = 0
  for (const source of sources)
    for await (const { ts, signed } of readable(source)) {
      if (signed === null || ts <= (newest?.ts ?? -1) || !signatureHolds(signed.document, signed.signature, publicKey)) continue
      const row = { ts, ...signed }
      const result = await trx
        .insertInto('audit_checkpoint')
        .values(row)
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst()
      added += Number(result.numInsertedOrUpdatedRows ?? 0n)
    }
  return added
}

/** The database that is replaced may be the one that is damaged. */
async function* readable(source: CheckpointSource): ReturnType<CheckpointSource['read']> {
  const found = source.read()
  for (;;) {
    const next = await found.next().catch(() => null)
    if (next === null || next.done === true) return
    yield next.value
  }
}
