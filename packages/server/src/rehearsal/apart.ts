import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import type { RehearsalAsk } from '@spark/contract/rehearsal'
import { systemClock } from '../clock.ts'
import { loadConfig, type Config } from '../config.ts'
import { createModelStore } from '../storage/model-store.ts'
import { openMainDatabase } from '../storage/open-main-database.ts'
import { optionsOf } from './ask.ts'
import { tell, tellWork, type ApartMessage } from '../jobs/apart-messages.ts'
import type { Market } from './markets.ts'
import { outcomeOf } from './outcome.ts'
import { rehearse, RehearsalRefused } from './rehearse.ts'
import { rehearsalFile, rehearsalsDir } from './rehearsal-files.ts'
import { findModel, type FoundModel } from './rehearsed-model.ts'
import { reportHtml } from './report/html.ts'
import { reportJson } from './report/json.ts'

/** The parent hears of the progress so many times at most. */
const PROGRESS_STEPS = 200

/** Rehearses what the arguments ask for, and writes both reports; a process of its own, since it takes a whole processor. */
async function run(id: string, ask: RehearsalAsk): Promise<ApartMessage> {
  const config = loadConfig()
  const options = optionsOf(config, ask)
  const found = ask.model === undefined ? null : await storedModel(config, ask.model)
  if (found !== null && 'refused' in found) return { kind: 'refused', said: `the model ${ask.model} is ${found.refused}` }
  try {
    const rehearsal = await rehearse({ ...options, ...found, openFeed: withProgress(options.openFeed, options.limitMs) })
    const outcome = outcomeOf(rehearsal, null)
    const report = [rehearsal, outcome, { market: 'the simulated market', lacks: [] }] as const
    mkdirSync(rehearsalsDir(config.dataDir), { recursive: true, mode: 0o700 })
    writeWhole(rehearsalFile(config.dataDir, id, 'html'), reportHtml(...report))
    writeWhole(rehearsalFile(config.dataDir, id, 'json'), `${reportJson(...report)}\n`)
    return { kind: 'done', ok: outcome.ok, said: outcome.said }
  } catch (error) {
    if (!(error instanceof RehearsalRefused)) throw error
    return { kind: 'refused', said: error.problems.join('; ') }
  }
}

async function storedModel({ databasePath }: Config, version: string): Promise<FoundModel> {
  const database = await openMainDatabase({ path: databasePath, thread: false })
  try {
    return await findModel(createModelStore(database.db), version, systemClock.nowMs())
  } finally {
    await database.close()
  }
}

/** Nobody sees half a report. */
function writeWhole(path: string, text: string): void {
  writeFileSync(`${path}.making`, text, { mode: 0o600 })
  renameSync(`${path}.making`, path)
}

/** Time passes in the executor's clock as everywhere. */
function withProgress(openFeed: Market['openFeed'], limitMs: number): Market['openFeed'] {
  return (clock) => {
    clock.every(limitMs / PROGRESS_STEPS, () => tell({ kind: 'progress', share: Math.min(1, clock.monotonicMs() / limitMs) }))
    return openFeed(clock)
  }
}

const [id = '', ask = '{}'] = process.argv.slice(2)
await tellWork(() => run(id, JSON.parse(ask) as RehearsalAsk))
