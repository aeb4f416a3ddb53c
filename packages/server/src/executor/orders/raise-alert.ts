import type { AlertCode } from '@spark/core/alert/alert-code'
import type { KnownAlert } from '../../notify/alerts.ts'
import { StorageError } from '../../storage/storage-error.ts'
import type { OrderPath } from './order-path.ts'

/** An alert in a transaction of its own. What cannot be stored is logged: whoever raises it has other work to go on with. */
export async function raiseAlert(path: OrderPath, alert: KnownAlert): Promise<void> {
  await stored(path, alert, () => path.db.transaction().execute((trx) => path.alerts.raise(trx, alert)))
}

/** Likewise for one whose cause is over. */
export async function resolveAlert(path: OrderPath, code: AlertCode, scope: string): Promise<void> {
  await stored(path, { code, scope }, () => path.db.transaction().execute((trx) => path.alerts.resolve(trx, code, scope)))
}

async function stored(
  path: OrderPath,
  { code, scope }: Pick<KnownAlert, 'code' | 'scope'>,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work()
    path.committed()
  } catch (error) {
    if (!(error instanceof StorageError)) throw error
    path.log.error({ err: error, code, scope }, 'an alert could not be stored')
  }
}
