export type AuditProblemKind =
  /** A row, its hash or its segment is not as it was written. */
  | 'edited'
  | 'missing'
  | 'duplicate'
  | 'reordered'
  /** A row under another writer's name in this writer's file. */
  | 'wrong_writer'
  /** The chain ends before a row that a checkpoint saw. */
  | 'truncated'
  /** The chain is whole, but not the one that a checkpoint saw. */
  | 'rewritten'
  | 'bad_signature'
  /** The file or a part of it cannot be read. */
  | 'unreadable'

export interface AuditProblem {
  kind: AuditProblemKind
  writer: string | null
  /** The row, where it is known. */
  seq: number | null
  /** First number of the segment it is in. */
  segment: number | null
  message: string
}
