import { TOLD, type ToldCode } from '@spark/contract/told'
import { fill } from '@spark/core/text/template'
import type { AuditProblem, AuditProblemKind } from './audit-problem.ts'

const CODES = {
  edited: 'row_edited',
  missing: 'rows_gone',
  duplicate: 'row_twice',
  reordered: 'row_moved',
  wrong_writer: 'row_of_stranger',
  truncated: 'end_gone',
  rewritten: 'chain_rewritten',
  bad_signature: 'checkpoint_distrusted',
  unreadable: 'audit_unreadable',
} as const satisfies Record<AuditProblemKind, ToldCode>

/** What is wrong with the audit, and where, in a fixed sentence: whoever reads it may read another language. */
export function toldProblem({ kind, writer, seq, message }: AuditProblem): string {
  const code = kind === 'missing' && seq === null ? 'chain_gone' : CODES[kind]
  return fill(TOLD[code], { writer: writer ?? '?', row: seq ?? '?', words: message })
}
