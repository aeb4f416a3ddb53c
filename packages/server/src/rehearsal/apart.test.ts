import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../storage/temporary-folder.ts'
import type { ApartMessage } from '../jobs/apart-messages.ts'
import { rehearsalFile } from './rehearsal-files.ts'

const ENTRY = fileURLToPath(new URL('apart.ts', import.meta.url))
const PLAN = `strategies:
  - { id: a, symbol: BTCUSDT, tf: 1m }
rollout:
  steps:
    - { share: 0, dwellMin: 2 }
    - { share: 1, dwellMin: 2 }
`

it('a rehearsal in a process of its own tells how far it is, and leaves both reports', async () => {
  const dataDir = temporaryFolder()
  writeFileSync(join(dataDir, 'plan.yaml'), PLAN)
  const env = {
    SPARK_DATA_DIR: dataDir,
    SPARK_CONFIG: join(dataDir, 'plan.yaml'),
    CANARY_TIMEFRAME: '1m',
    POLL_INTERVAL_MS: '15000',
  }
  const messages: ApartMessage[] = []
  const faults = [{ kind: 'rollback_by_hand', atMin: 1 }]
  const child = fork(ENTRY, ['x', JSON.stringify({ seed: 3, faults })], { env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  child.on('message', (message: ApartMessage) => void messages.push(message))
  expect(await once(child, 'close')).toEqual([0, null])
  expect(messages[0]).toMatchObject({ kind: 'progress' })
  expect(messages.at(-1)).toMatchObject({ kind: 'done', ok: true })
  const report = JSON.parse(readFileSync(rehearsalFile(dataDir, 'x', 'json'), 'utf8')) as Record<string, unknown>
  expect(report).toMatchObject({ ok: true, phase: 'rolled_back', seed: 3 })
  expect(readFileSync(rehearsalFile(dataDir, 'x', 'html'), 'utf8')).toContain('</html>')
})
