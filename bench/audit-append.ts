// Audit rows on disk a second, against the same rows committed one by one: same SQLite, same settings, same chain.
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { GENESIS_HASH, chainHash } from '@spark/core/audit/chain'
import { systemClock } from '@spark/server/clock'
import { sha256 } from '@spark/server/sha256'
import { auditLine, type AuditEvent, type AuditWriter } from '@spark/server/storage/audit/audit-event'
import { openAuditWriter } from '@spark/server/storage/audit/audit-writer'
import { scoreEvent } from './audit-rows.ts'
import { featureRows } from './feature-rows.ts'
import { formatNumber, median, type Figure } from './figure.ts'
import { atEnd, bench, progress, temporaryFolder, until } from './support.ts'

const SETTLE_LIMIT_MS = 120_000
const APPEND_ALL_ROWS = 1000

interface Way {
  what: string
  /** Appends for `roundMs`; resolves with rows a second. */
  run(roundMs: number): Promise<number>
}

function sampleEvents(): AuditEvent[] {
  const nowMs = systemClock.nowMs()
  return featureRows(64, nowMs).map((row, at) => scoreEvent(row, `s-${at % 12}`, at.toString(16).padStart(32, '0'), nowMs))
}

/** Each of `lanes` waits for its row to be on disk before it sends the next. */
function inFlight(writer: AuditWriter, events: readonly AuditEvent[], lanes: number): Way {
  return {
    what: `audit append, ${lanes} in flight`,
    run: (roundMs) =>
      rowsPerSecond(async (endMs) => {
        let rows = 0
        const lane = async () => {
          while (systemClock.monotonicMs() < endMs) await writer.append(events[rows++ % events.length] as AuditEvent)
        }
        await Promise.all(Array.from({ length: lanes }, lane))
        return rows
      }, roundMs),
  }
}

function allAtOnce(writer: AuditWriter, events: readonly AuditEvent[]): Way {
  const many = Array.from({ length: APPEND_ALL_ROWS }, (_, at) => events[at % events.length] as AuditEvent)
  return {
    what: `audit append, ${APPEND_ALL_ROWS} in one call`,
    run: (roundMs) =>
      rowsPerSecond(async (endMs) => {
        let rows = 0
        for (; systemClock.monotonicMs() < endMs; rows += many.length) await writer.appendAll(many)
        return rows
      }, roundMs),
  }
}

/** A row a commit, as a table with one row an event would have it. */
function rowByRow(folder: string, events: readonly AuditEvent[]): Way {
  const database = new DatabaseSync(join(folder, 'row-by-row.db'))
  atEnd(() => database.close())
  database.exec(`pragma journal_mode = wal; pragma synchronous = full;
    create table audit (seq integer primary key, ts integer not null, prev_hash text not null, hash text not null, line text not null) strict`)
  const insert = database.prepare('insert into audit (seq, ts, prev_hash, hash, line) values (?, ?, ?, ?, ?)')
  let seq = 0
  let head = GENESIS_HASH
  return {
    what: 'a row a commit',
    run: (roundMs) =>
      rowsPerSecond(async (endMs) => {
        const first = seq
        while (systemClock.monotonicMs() < endMs) {
          const event = events[seq % events.length] as AuditEvent
          const nowMs = systemClock.nowMs()
          const line = auditLine(event, nowMs)
          seq += 1
          const hash = chainHash(sha256, head, 'bench', seq, line)
          insert.run(seq, nowMs, head, hash, line)
          head = hash
        }
        return seq - first
      }, roundMs),
  }
}

async function rowsPerSecond(append: (endMs: number) => Promise<number>, roundMs: number): Promise<number> {
  const startedMs = systemClock.monotonicMs()
  const rows = await append(startedMs + roundMs)
  return (rows / (systemClock.monotonicMs() - startedMs)) * 1000
}

async function indexBuilt(writer: AuditWriter): Promise<void> {
  await until('audit index built', SETTLE_LIMIT_MS, 100, async () => {
    await writer.probe()
    return writer.stats().indexLagRows === 0
  })
}

await bench({ rounds: 7, roundMs: 2000 }, async ({ rounds, roundMs, folder }) => {
  const dataDir = temporaryFolder(folder)
  const events = sampleEvents()
  const writer = await openAuditWriter({ dataDir, writer: 'bench', clock: systemClock })
  atEnd(() => writer.close())
  const baseline = rowByRow(dataDir, events)
  const ways = [inFlight(writer, events, 32), inFlight(writer, events, 128), allAtOnce(writer, events)]
  const figures: Figure[] = []
  for (const way of ways) {
    const pairs: { rate: number; baseline: number; commitRows: number }[] = []
    // The first round warms up.
    for (let round = 0; round <= rounds; round++) {
      const before = writer.stats()
      const rate = await way.run(roundMs)
      const after = writer.stats()
      await indexBuilt(writer)
      const commitRows = (after.rows - before.rows) / (after.commits - before.commits)
      const pair = { rate, baseline: await baseline.run(roundMs), commitRows }
      progress(`${way.what}, round ${round}/${rounds}: ${formatNumber(pair.rate)}/s against ${formatNumber(pair.baseline)}/s`)
      if (round > 0) pairs.push(pair)
    }
    figures.push({
      what: way.what,
      baseline: baseline.what,
      unit: 'times its rows/s',
      values: pairs.map((pair) => pair.rate / pair.baseline),
      target: null,
      note: `${formatNumber(median(pairs.map((pair) => pair.rate)))}/s against ${formatNumber(median(pairs.map((pair) => pair.baseline)))}/s; ${formatNumber(median(pairs.map((pair) => pair.commitRows)))} rows a commit; the index is built after the round`,
    })
  }
  return figures
})
