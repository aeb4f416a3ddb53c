import type { NewAlert } from '../../storage/alert-store.ts'
import { StorageError } from '../../storage/storage-error.ts'
import type { OrderPath } from './order-path.ts'

/** An alert in a transaction of its own. What cannot be stored is logged: whoever raises it has other work to go on with. */
export async function raiseAlert(path: OrderPath, alert: NewAlert): Promise<void> {
  try {
    await path.db.transaction().execute((trx) => path.alerts.raise(trx, alert))
    path.committed()
  } catch (error) {
    if (!(error instanceof StorageError)) throw error
    path.log.error({ err: error, code: alert.code, scope: alert.scope }, 'an alert could not be stored')
  }
}
