import type { Pool } from 'pg'
import { connect } from './postgres-pool.ts'
import { postgresStorageError } from './postgres-error.ts'

/** An empty table. Whoever writes locks it first, for as long as the transaction lasts. */
export const TURN_TABLE = 'write_turn'

/** Makes the table when it is not there, for whoever may migrate. Rejects with StorageError. */
export async function createWriteTurn(pool: Pool, name: string): Promise<void> {
  const client = await connect(pool, name)
  try {
    const { rows } = await client.query<{ found: string | null }>('select to_regclass($1) as found', [TURN_TABLE])
    if (rows[0]?.found === null) await client.query(`begin read write; create table ${TURN_TABLE} (); commit`)
    client.release()
  } catch (error) {
    client.release(true)
    throw postgresStorageError(error, name)
  }
}
