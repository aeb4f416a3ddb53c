import type { AnswerOf } from '@spark/contract/routes'
import type { Spark } from './spark.ts'

// What commands say of an installation, as a script reads it.

interface AuditItem {
  actor: string
  result: string
  context: Record<string, unknown>
}

/** Rows of the audit with this action, newest first. */
export async function auditItems(spark: Spark, action: string): Promise<AuditItem[]> {
  const { stdout } = await spark.run('audit', 'list', '--action', action, '--json')
  return (JSON.parse(stdout) as { items: AuditItem[] }).items
}

/** Each as scope and reason. */
export async function killSwitches(spark: Spark): Promise<string[]> {
  const { stdout } = await spark.run('risk', '--json')
  return (JSON.parse(stdout) as AnswerOf<'risk'>).killSwitches.map(({ scope, reason }) => `${scope} ${reason}`)
}
