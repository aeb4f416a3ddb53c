import { type AuditLocation, auditUrl, openServerAudit } from './audit-location.ts'
import type { RetentionPlace } from './retain-audit.ts'

/** Of a server: what waits longer for those who read a month is finished by the next run. */
const STATEMENT_TIMEOUT_MS = 10_000

/** Where the oldest rows of an audit are removed. The code of a server is loaded only here. */
export async function openRetentionPlace(location: AuditLocation): Promise<RetentionPlace> {
  const url = auditUrl(location)
  if (url === null) return (await import('./file-retention.ts')).fileRetention(location.dataDir)
  const { serverRetention } = await import('./server-retention.ts')
  return serverRetention(await openServerAudit(url, { ...location, statementTimeoutMs: STATEMENT_TIMEOUT_MS }))
}
