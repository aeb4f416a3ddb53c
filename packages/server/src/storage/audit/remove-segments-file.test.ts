import { DatabaseSync } from 'node:sqlite'
import { expect, it, onTestFinished } from 'vitest'
import { auditIndexFile, openAuditFile } from './audit-files.ts'
import { openIndexPlace } from './audit-index-place.ts'
import { AuditIndexer } from './audit-indexer.ts'
import { fileRetention } from './file-retention.ts'
import { dueSegments, removeSegments } from './remove-segments.ts'
import { BEFORE, retentionHouse, rowsOf } from './retention-fixture.ts'

const MARCH_ENDS = 18

it('no segment behind the cut is looked at, neither for what is due nor for what is removed', async () => {
  const one = await retentionHouse()
  // SQLite refuses the number of whoever asks where a segment behind the cut ends.
  await one.change(`create table marred as select * from audit_segment; drop table audit_segment;
    alter table marred rename column last_seq to ends;
    alter table marred add column last_seq integer as
      (case when first_seq > ${MARCH_ENDS} then abs(-9223372036854775807 - 1) else ends end);
    create unique index marred_pk on marred (writer, first_seq); alter table marred rename to audit_segment`)
  expect((await one.verify()).problems).toMatchObject([{ kind: 'unreadable', message: 'integer overflow' }])
  const { dataDir } = one.location
  expect(await dueSegments(dataDir, 'api-1', MARCH_ENDS)).toMatchObject({ seq: MARCH_ENDS })
  expect(await removeSegments(dataDir, 'api-1', MARCH_ENDS)).toBe(MARCH_ENDS)
  expect(await dueSegments(dataDir, 'api-1', MARCH_ENDS)).toBeNull()
})

it('what is due is found in a thread, up to the cut and never the newest segment', async () => {
  const { location, deps } = await retentionHouse()
  const place = fileRetention(location.dataDir)
  const seqsOf = async (seq: number) => {
    const cut = { 'api-1': { seq, hash: '' }, 'no-such': { seq, hash: '' } }
    return (await place.due(cut, BEFORE))?.heads['api-1']?.seq ?? null
  }
  expect(await Promise.all([1, 2, 3, 4, 30, 1_000].map(seqsOf))).toEqual([null, 2, 2, 4, 28, 28])
  expect(await deps.place.due({}, BEFORE)).toBeNull()
})

it('whoever indexes rows that are removed meanwhile leaves no entry of them', async () => {
  const one = await retentionHouse()
  const { dataDir } = one.location
  const kept = (await rowsOf(one)).filter((row) => !(row.startsWith('api-1') && / 2025-0[123]/.test(row)))
  const index = new DatabaseSync(auditIndexFile(dataDir))
  onTestFinished(() => index.close())
  index.exec('delete from audit_entry; delete from audit_watermark')
  const chain = await openAuditFile(dataDir, 'api-1')
  onTestFinished(() => chain.close())
  let removed = 0
  const db = chain.db.withPlugin({
    transformQuery: ({ node }) => node,
    async transformResult({ result }) {
      if (result.rows[0]?.['last_seq'] === 20) removed = await removeSegments(dataDir, 'api-1', MARCH_ENDS)
      return result
    },
  })
  const indexer = new AuditIndexer(await openIndexPlace(one.location, 5_000), 'api-1', db)
  onTestFinished(() => indexer.close())
  expect(await indexer.step(20)).toBe(20)
  expect(removed).toBe(MARCH_ENDS)
  expect(
    index
      .prepare("select seq from audit_entry where writer = 'api-1' order by seq")
      .all()
      .map((row) => row['seq']),
  ).toEqual([19, 20])
  expect(await rowsOf(one)).toEqual(kept)
})
