import type { Stream } from '@spark/core/market/candle'
import { systemClock } from '../clock.ts'
import type { OpenController } from '../controller/open-controller.ts'
import { EXIT_CONFIG } from '../process-life.ts'
import type { Started } from '../start-process.ts'
import type { AuditEnd } from '../storage/audit/audit-batch.ts'
import { auditOf } from '../storage/audit/audit-location.ts'
import { openAuditWriter } from '../storage/audit/audit-writer.ts'
import { createAuditOutbox } from '../storage/audit-outbox.ts'
import { createLeaseStore } from '../storage/lease-store.ts'
import { createProcessReportStore } from '../storage/process-report-store.ts'
import type { MainDatabase } from '../storage/open-main-database.ts'
import { ORDER_WRITER } from '../storage/audit/last-relayed.ts'
import { StorageError } from '../storage/storage-error.ts'
import type { Group } from './group/group.ts'
import { LeaseGroup } from './group/lease-group.ts'
import { watchHosts } from './group/watch-hosts.ts'
import type { Ingest } from './ingest.ts'
import type { OrderDesk } from './order-desk.ts'

/** What streams and the lead are worked with. All of it is open before the group is joined. */
export interface GroupWork {
  database: MainDatabase
  streams: readonly Stream[]
  ingest(): Ingest
  desk(): OrderDesk
  /** What one executor does for all, and nobody did before: scheduled jobs, notifications, the controller. */
  lead(): Promise<void>
}

export interface OpenGroup {
  group: Group
  /** From now on this executor shares in the work, until the process stops. Resolves when its first streams are ready. Rejects with StorageError. */
  join(): Promise<void>
}

/** The executors on one server, this one among them. */
export function openGroup(started: Started, work: GroupWork): OpenGroup {
  const { processName, clock, log, life } = started
  const { db } = work.database
  const group = new LeaseGroup({
    db,
    leases: createLeaseStore(),
    outbox: createAuditOutbox(db),
    member: processName,
    streams: work.streams,
    clock: systemClock,
    nowMs: () => clock.nowMs(),
    log,
    takeOver: (trx, streams) => work.desk().takeOver(trx, streams),
    async prepare(stream) {
      await work.desk().reconcile(stream)
      await work.ingest().hold(stream)
    },
    leave: (stream) => work.ingest().drop(stream),
    lead() {
      lead(started, work).then(
        () => log.info('this executor leads'),
        (error: unknown) => {
          log.fatal({ err: error }, 'this executor cannot lead')
          life.stop('cannot lead', 1)
        },
      )
    },
    deposed(what) {
      log.error({ lease: what }, 'another executor has taken over while this one was away; it starts anew')
      life.stop('another executor has taken over', 1)
    },
  })
  return {
    group,
    async join() {
      life.onStop('group', async () => {
        if (group.leads()) await work.desk().leave()
        await group.stop()
      })
      await group.join()
      const { alerts } = work.desk()
      const watch = watchHosts({ db, reports: createProcessReportStore(db), alerts, group, clock, log })
      life.onStop('host watch', () => watch.stop())
    },
  }
}

async function lead(started: Started, work: GroupWork): Promise<void> {
  const desk = work.desk()
  await desk.lead()
  void carryOrders(started, desk)
  await work.lead()
}

/** The chain of orders is held for 15 s after its last holder was heard of; meanwhile their events wait in the outbox. */
const CHAIN_AGAIN_MS = 1_000

async function carryOrders({ config, clock, log, life }: Started, desk: OrderDesk): Promise<void> {
  const waiting = new Set(['orders'])
  life.onStop('waiting for the order audit', () => waiting.clear())
  while (waiting.size > 0)
    try {
      const onFatal = (error: Error, why: AuditEnd) => {
        log.fatal({ err: error }, 'the chain of orders cannot be continued')
        life.stop('order audit', why === 'lost' ? EXIT_CONFIG : 1)
      }
      const writer = await openAuditWriter({ ...auditOf(config), writer: ORDER_WRITER, clock, onFatal })
      const stop = await desk.carry(writer)
      life.onStop('order audit', async () => {
        await stop()
        await writer.close()
      })
      return
    } catch (error) {
      if (!(error instanceof StorageError)) throw error
      log.warn({ err: error }, 'events of orders cannot be carried into the audit yet; trying again')
      await systemClock.sleep(CHAIN_AGAIN_MS)
    }
}

/** Decides and acts on the rollout until the process stops. */
export async function startControlling({ life }: Pick<Started, 'life'>, controller: OpenController): Promise<void> {
  const running = await controller.start()
  life.onStop('controller', () => running.stop())
}
