import type { Pool } from 'pg'
import { connect } from './postgres-pool.ts'
import { postgresStorageError } from './postgres-error.ts'

/** An empty table. Whoever writes locks it first, for as long as the transaction lasts. */
export const TURN_TABLE = 'write_turn'

/** Two processes at their first start would both create it; any number that nobody else uses. */
const CREATE_LOCK = 7_412_083_001

/** Makes the table when it is not there. Rejects with StorageError. */
export async function createWriteTurn(pool: Pool, name: string): Promise<void> {
  const client = await connect(pool, name)
  try {
    const { rows } = await client.query<{ found: string | null }>('select to_regclass($1) as found', [TURN_TABLE])
    if (rows[0]?.found === null)
      await client.query(
        `begin read write; select pg_advisory_xact_lock(${CREATE_LOCK}); create table if not exists ${TURN_TABLE} (); commit`,
      )
    client.release()
  } catch (error) {
    client.release(true)
    throw postgresStorageError(error, name)
  }
}
