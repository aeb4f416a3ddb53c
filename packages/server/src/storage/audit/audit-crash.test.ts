import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { temporaryFolder } from '../temporary-folder.ts'
import { openAuditReader } from './audit-reader.ts'
import { verifyAudit } from './verify-audit.ts'

const script = fileURLToPath(new URL('./append-forever.fixture.ts', import.meta.url))
const PRLIMIT = 'prlimit'
const hasPrlimit = spawnSync(PRLIMIT, ['--version']).status === 0

/** Starts the appending process and collects what it says. */
function startAppending(dataDir: string) {
  const child = spawn(process.execPath, [script, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const acknowledged: string[] = []
  const refused = new Set<string>()
  const lines = createInterface({ input: child.stdout })
  lines.on('line', (line) => {
    if (line.startsWith('refused ')) refused.add(line.slice(8))
    else acknowledged.push(line)
  })
  return { child, lines, acknowledged, refused }
}

async function killHard(child: ChildProcess, lines: NodeJS.EventEmitter): Promise<void> {
  const closed = once(lines, 'close')
  child.kill('SIGKILL')
  await closed
}

/** A row as the appending process told it: number, lane, count in the lane. */
async function storedRows(dataDir: string): Promise<Set<string>> {
  const reader = openAuditReader({ dataDir })
  const rows = new Set<string>()
  for await (const { id, context } of reader.exportRows({}))
    rows.add(`${id.slice(6)} ${Number(context['lane'])} ${Number(context['at'])}`)
  await reader.close()
  return rows
}

it('a process killed while it appends has stored every row it acknowledged, and the chain verifies', async () => {
  const dataDir = temporaryFolder()
  const acknowledged: string[] = []
  for (const rows of [50, 500, 3_000]) {
    const run = startAppending(dataDir)
    await expect.poll(() => run.acknowledged.length, { timeout: 20_000, interval: 2 }).toBeGreaterThan(rows)
    await killHard(run.child, run.lines)
    acknowledged.push(...run.acknowledged)
    const report = await verifyAudit({ dataDir })
    expect(report.problems).toEqual([])
  }
  const stored = await storedRows(dataDir)
  expect(acknowledged.filter((row) => !stored.has(row))).toEqual([])
})

it.skipIf(!hasPrlimit)('a process that may not write any more refuses rows, and stores them again when it may', async () => {
  const dataDir = temporaryFolder()
  const run = startAppending(dataDir)
  const limit = (bytes: string) => execFileSync(PRLIMIT, ['--pid', String(run.child.pid), `--fsize=${bytes}:unlimited`])
  await expect.poll(() => run.acknowledged.length, { timeout: 20_000 }).toBeGreaterThan(200)
  limit('4096')
  await expect.poll(() => run.refused.size, { timeout: 20_000 }).toBeGreaterThan(0)
  const before = run.acknowledged.length
  limit('unlimited')
  await expect.poll(() => run.acknowledged.length, { timeout: 20_000 }).toBeGreaterThan(before + 200)
  await killHard(run.child, run.lines)
  for (const reason of run.refused) expect(['io_error', 'disk_full']).toContain(reason)
  expect((await verifyAudit({ dataDir })).problems).toEqual([])
  const stored = await storedRows(dataDir)
  expect(run.acknowledged.filter((row) => !stored.has(row))).toEqual([])
})
