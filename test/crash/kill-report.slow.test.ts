import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createPublicKey } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { systemClock } from '@spark/server/clock'
import { createLog } from '@spark/server/log'
import { evidenceFile } from '@spark/server/report/report-files'
import { DAY, fillDay, openHouse, type ReportHouse } from '@spark/server/report/report-fixture'
import { createReports } from '@spark/server/report/run-reports'
import { verifyEvidence } from '@spark/server/report/verify-evidence'
import { publicKeyFile } from '@spark/server/storage/audit/signing-key'

const CHILD = fileURLToPath(new URL('./report-child.ts', import.meta.url))
/** Of the calls that a report makes; the last ones too, where its row is stored. */
const POINTS = 4

let folder: string
let house: ReportHouse
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'spark-kill-report-'))
  house = await openHouse(folder)
  await fillDay(house, { due: 6, labels: 50, scoreRows: 1 })
})
afterAll(async () => {
  await house.close()
  rmSync(folder, { recursive: true })
})

const ask = (id: string) => house.deps.store.ask(house.deps.db, { id, period: DAY.period, askedBy: 'ada', askedAt: 1 })

/** Lets a process make the report that dies at this call; what it printed when it lived. */
async function make(id: string, call: number): Promise<{ signal: string | null; printed: string }> {
  const child = spawn(process.execPath, [CHILD, folder, id, String(call)], { stdio: ['ignore', 'pipe', 'inherit'] })
  let printed = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text))
  const [, signal] = (await once(child, 'close')) as [number | null, string | null]
  return { signal, printed }
}

it('a process that is killed while it makes a report leaves none, or the whole of it, and the next one makes it', async () => {
  await ask('whole')
  const calls = Number((await make('whole', 0)).printed)
  expect(calls).toBeGreaterThan(60)
  const key = createPublicKey(readFileSync(publicKeyFile(house.deps.config.signingKeyFile)))
  const expected = await house.deps.store.document('whole')
  const spread = Array.from({ length: POINTS }, (_, at) => 2 + Math.round((at * (calls - 8)) / POINTS))
  // The call before the last stores the row: before it, after it.
  for (const call of [...spread, calls - 2, calls - 1, calls]) {
    const id = `killed-${call}`
    await ask(id)
    expect(await make(id, call), id).toMatchObject({ signal: 'SIGKILL' })
    const found = await house.deps.store.get(id)
    const path = evidenceFile(folder, id)
    // The archive is there as a whole or not at all, and never without it a report.
    if (existsSync(path)) expect(await verifyEvidence(path, key), id).toMatchObject({ ok: true })
    else expect(found?.state, id).toBe('waiting')
    const next = createReports({ ...house.deps, clock: systemClock, log: createLog('test', 'silent') })
    next.watch()
    await expect.poll(async () => (await house.deps.store.get(id))?.state, { timeout: 30_000, message: id }).toBe('done')
    await next.stop()
    const made = await house.deps.store.document(id)
    expect({ ...made, id: 'whole', prepared: null }, id).toEqual({ ...expected, prepared: null })
    expect(await verifyEvidence(path, key), id).toMatchObject({ ok: true, manifest: { report: id } })
  }
}, 240_000)
