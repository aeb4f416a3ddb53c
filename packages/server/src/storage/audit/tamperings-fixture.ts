import { GENESIS_HASH } from '@spark/core/audit/chain'
import type { AuditEvent } from './audit-event.ts'
import { event } from './audit-fixtures.ts'
import type { AuditProblem } from './audit-problem.ts'

/** Four segments of three rows: 1-3, 4-6, 7-9, 10-12. */
export const SEGMENTS: AuditEvent[][] = [0, 1, 2, 3].map((part) =>
  [0, 1, 2].map((at) => event({ ts: 1_000 + 10 * part + at, context: { row: 3 * part + at + 1 } })),
)

export type Place = Pick<AuditProblem, 'kind' | 'writer' | 'seq'>
export const placesOf = (problems: readonly AuditProblem[]): Place[] =>
  problems.map(({ kind, writer, seq }) => ({ kind, writer, seq }))

const SWAP_SEGMENTS = `
  update audit_segment set first_seq = -1 where first_seq = 4;
  update audit_segment set first_seq = 4, last_seq = 6 where first_seq = 7;
  update audit_segment set first_seq = 7, last_seq = 9 where first_seq = -1`
const SWAP_LINES = `
  update audit_segment set body =
    substr(body, instr(body, char(10)) + 1, instr(substr(body, instr(body, char(10)) + 1), char(10)))
    || substr(body, 1, instr(body, char(10)))
    || substr(body, instr(body, char(10)) + 1 + instr(substr(body, instr(body, char(10)) + 1), char(10)))
  where first_seq = 4`
const WITHOUT_FIRST_LINE = `substr(body, instr(body, char(10)) + 1)`

/** What somebody changes, in SQL of SQLite, and what verifying says first. */
export const TAMPERINGS: [string, string, Place[]][] = [
  [
    'one character of a row',
    `update audit_segment set body = replace(body, '"row":5', '"row":6') where first_seq = 4`,
    [{ kind: 'edited', writer: 'api-1', seq: 5 }],
  ],
  [
    'the stored hash of a row',
    `update audit_segment set hashes = 'f' || substr(hashes, 2) where first_seq = 4`,
    [{ kind: 'edited', writer: 'api-1', seq: 4 }],
  ],
  [
    'the previous hash',
    `update audit_segment set prev_hash = '${GENESIS_HASH}' where first_seq = 7`,
    [{ kind: 'edited', writer: 'api-1', seq: 7 }],
  ],
  [
    'a time of a segment',
    `update audit_segment set last_ts = last_ts + 1 where first_seq = 7`,
    [{ kind: 'edited', writer: 'api-1', seq: 7 }],
  ],
  ['a removed segment', `delete from audit_segment where first_seq = 4`, [{ kind: 'missing', writer: 'api-1', seq: 4 }]],
  ['the removed first segment', `delete from audit_segment where first_seq = 1`, [{ kind: 'missing', writer: 'api-1', seq: 1 }]],
  [
    'a row removed from a segment',
    `update audit_segment set body = ${WITHOUT_FIRST_LINE} where first_seq = 4`,
    [{ kind: 'missing', writer: 'api-1', seq: 4 }],
  ],
  [
    'a row added to a segment',
    `update audit_segment set body = body || char(10) || '{}' where first_seq = 4`,
    [{ kind: 'duplicate', writer: 'api-1', seq: 7 }],
  ],
  ['two rows in each other’s place', SWAP_LINES, [{ kind: 'edited', writer: 'api-1', seq: 4 }]],
  ['two segments in each other’s place', SWAP_SEGMENTS, [{ kind: 'reordered', writer: 'api-1', seq: 4 }]],
  [
    'a segment under another name',
    `update audit_segment set writer = 'api-2' where first_seq = 10`,
    [{ kind: 'wrong_writer', writer: 'api-1', seq: 10 }],
  ],
  [
    'a copied segment',
    `insert into audit_segment select writer, 13, 15, first_ts, last_ts, prev_hash, hashes, body from audit_segment where first_seq = 4`,
    [{ kind: 'edited', writer: 'api-1', seq: 13 }],
  ],
  [
    'a segment that overlaps another',
    `insert into audit_segment select writer, 5, 7, first_ts, last_ts, prev_hash, hashes, body from audit_segment where first_seq = 4`,
    [{ kind: 'duplicate', writer: 'api-1', seq: 5 }],
  ],
]
