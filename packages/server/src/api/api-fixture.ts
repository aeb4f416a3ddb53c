import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import type { Invitation } from '@spark/contract/accounts'
import { systemClock, type Clock } from '../clock.ts'
import { loadConfig, type Config } from '../config.ts'
import { createLog } from '../log.ts'
import { systemRandomness } from '../random.ts'
import { loadTokens, type Tokens } from '../tokens.ts'
import { composeApi } from './compose.ts'

export interface ApiFixture {
  app: FastifyInstance
  config: Config
  tokens: Tokens
  /** Of the first administrator; null: this folder was there before. */
  invitation: Invitation | null
  /** Stops the parts in reverse order; the data stays. */
  stop(): Promise<void>
  /** Stops and removes the data. */
  remove(): Promise<void>
}

/** The whole API on real storage in a folder of its own, not listening. For tests. */
export async function startApi(
  env: Record<string, string> = {},
  options: { dataDir?: string; clock?: Clock } = {},
): Promise<ApiFixture> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'spark-api-'))
  // Nothing listens on port 9 (discard) here: the executor is away unless a test says where it is.
  const config = loadConfig({ SPARK_DATA_DIR: dataDir, SPARK_LOG_LEVEL: 'silent', EXECUTOR_URL: 'http://127.0.0.1:9', ...env })
  const stops: (() => Promise<void> | void)[] = []
  const log = createLog('api-test', config.logLevel)
  const life = {
    onStop: (_name: string, stop: () => Promise<void> | void) => void stops.push(stop),
    stop: (reason: string) => {
      throw new Error(`the api wants to stop: ${reason}`)
    },
  }
  const { app, invitation } = await composeApi({
    config,
    clock: options.clock ?? systemClock,
    random: systemRandomness,
    log,
    life,
    processName: 'api-1',
  })
  let stopped = false
  const stop = async () => {
    if (stopped) return
    stopped = true
    for (const part of stops.toReversed()) await part()
  }
  return {
    app,
    config,
    tokens: loadTokens(dataDir, systemRandomness),
    invitation,
    stop,
    async remove() {
      await stop()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}
