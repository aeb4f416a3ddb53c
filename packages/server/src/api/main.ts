import { systemClock } from '../clock.ts'
import { systemRandomness } from '../random.ts'
import { startProcess } from '../start-process.ts'
import { API_PROCESS_NAME, composeApi } from './compose.ts'

await startProcess(API_PROCESS_NAME, async ({ config, log, life }) => {
  const app = await composeApi({ config, clock: systemClock, random: systemRandomness, log, life })
  const { host, apiPort, version, buildSha, dataDir, scoring } = config
  log.info({ version, buildSha, dataDir, scoring }, 'api is ready')
  await app.listen({ host, port: apiPort, listenTextResolver: (address) => `api is listening at ${address}` })
})
