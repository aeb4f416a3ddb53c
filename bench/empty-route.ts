// The baseline of score.ts: Spark's server with everything that stands before a handler (headers, guard, rate limit, JSON,
// validation), and a handler that does nothing. `node bench/empty-route.ts ANSWER`, the answer as JSON.
import { createServer, installProtection } from '../packages/server/src/api/app.ts'
import { installErrorHandlers } from '../packages/server/src/api/errors.ts'
import { createRequestCounts } from '../packages/server/src/api/request-counts.ts'
import { handle, installBodyParser, installValidation } from '../packages/server/src/api/handle.ts'
import type { ScoreAnswer } from '@spark/contract/ml'
import { systemClock } from '@spark/server/clock'
import { loadConfig } from '@spark/server/config'
import { createLog } from '@spark/server/log'
import { systemRandomness } from '@spark/server/random'
import { createAuthenticator, loadTokens } from '@spark/server/tokens'

const config = loadConfig()
const random = systemRandomness
const log = createLog('empty-route', config.logLevel)
const authenticate = createAuthenticator(loadTokens(config.dataDir, random))
const answer = JSON.parse(process.argv[2] ?? '') as ScoreAnswer

const ALONE = { put: () => Promise.resolve(), ofOthers: () => Promise.resolve(new Map<string, number>()) }

const app = createServer({ log, random, config })
const nobody = () => Promise.resolve(null)
await installProtection(app, {
  config,
  authenticate,
  random,
  clock: systemClock,
  callers: { ofSession: nobody, ofToken: nobody },
  requests: createRequestCounts({ clock: systemClock, log, process: 'empty-route', store: ALONE }),
})
installBodyParser(app)
installValidation(app)
installErrorHandlers(app)
handle(app, 'mlScore', () => answer)
await app.listen({ host: config.host, port: config.apiPort })
process.send?.('listening')
process.once('disconnect', () => process.exit())
