import { parseArgs } from 'node:util'
import { systemClock } from '../clock.ts'
import { systemRandomness } from '../random.ts'
import { invitationText } from '../accounts/invitation-text.ts'
import { startProcess } from '../start-process.ts'
import { composeApi } from './compose.ts'
import { serveWorker } from './serve-worker.ts'

/** `--worker NAME`: one of several on the socket of the supervisor. Without it the api listens on its port by itself. */
const { worker } = parseArgs({ options: { worker: { type: 'string' } } }).values

await startProcess(worker ?? 'api-1', async ({ config, processName, clock, log, life }) => {
  const api = await composeApi({ config, clock, random: systemRandomness, log, life, processName })
  const { host, apiPort, version, buildSha, dataDir, scoring } = config
  log.info({ version, buildSha, dataDir, scoring }, 'api is ready')
  if (api.invitation !== null) process.stdout.write(invitationText(api.invitation, config.apiUrl))
  if (worker === undefined)
    await api.app.listen({ host, port: apiPort, listenTextResolver: (address) => `api is listening at ${address}` })
  // It ends as fast as connections really do.
  else await serveWorker(api.app, { clock: systemClock, life, ...api })
})
