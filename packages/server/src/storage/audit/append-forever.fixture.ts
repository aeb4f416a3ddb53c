import { systemClock } from '../../clock.ts'
import { StorageError } from '../storage-error.ts'
import { openAuditWriter } from './audit-writer.ts'

/**
 * Run by a test as a process of its own: appends with 32 rows in flight until it is killed. Prints a line for each row that
 * was acknowledged (its number), and the reason of each that was refused.
 */
const [dataDir] = process.argv.slice(2)
if (dataDir === undefined) throw new Error('usage: append-forever.fixture.ts DATA_DIR')
const writer = await openAuditWriter({ dataDir, writer: 'api-1', clock: systemClock })

async function appendForever(lane: number): Promise<void> {
  for (let at = 0; ; at += 1) {
    try {
      const context = { lane, at, padding: 'x'.repeat(300) }
      const { seq } = await writer.append({ action: 'ml.score', actor: 'test', result: 'ok', context })
      process.stdout.write(`${seq} ${lane} ${at}\n`)
    } catch (error) {
      process.stdout.write(`refused ${error instanceof StorageError ? error.reason : String(error)}\n`)
      await systemClock.sleep(20)
    }
  }
}

await Promise.all(Array.from({ length: 32 }, (_, lane) => appendForever(lane)))
