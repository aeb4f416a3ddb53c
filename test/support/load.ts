import { Agent, request } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'

export interface Load {
  /** Ends the load; resolves with what was asked, what failed, and the builds that answered. */
  stop(): Promise<{ asked: number; failures: string[]; builds: Set<string> }>
}

/** Each client asks about a hundred times a second: some keep their connection, the others open one for each request. */
export function load(apiUrl: string, clients: { keepAlive: number; fresh: number }): Load {
  const stopped = new AbortController()
  let asked = 0
  const failures: string[] = []
  const builds = new Set<string>()
  async function client(agent: Agent | false): Promise<void> {
    while (!stopped.signal.aborted) {
      asked++
      try {
        // Health may say 503 while the disk is slow: an answer, not a loss.
        builds.add(await ask(`${apiUrl}/api/ml/version`, agent))
      } catch (error) {
        failures.push((error as Error).message)
      }
      await wait(8)
    }
  }
  const all = [
    ...Array.from({ length: clients.keepAlive }, () => client(new Agent({ keepAlive: true, maxSockets: 1 }))),
    ...Array.from({ length: clients.fresh }, () => client(false)),
  ]
  return {
    async stop() {
      stopped.abort()
      await Promise.all(all)
      return { asked, failures, builds }
    },
  }
}

function ask(url: string, agent: Agent | false): Promise<string> {
  return new Promise((resolve, reject) => {
    const asking = request(
      url,
      { agent: agent === false ? new Agent({ keepAlive: false }) : agent, timeout: 10_000 },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (piece: string) => (text += piece))
        response.once('error', reject)
        response.once('end', () => {
          if (response.statusCode === 200) resolve((JSON.parse(text) as { buildSha: string }).buildSha)
          else reject(new Error(`HTTP ${response.statusCode ?? '?'}: ${text.slice(0, 200)}`))
        })
      },
    )
    asking.once('timeout', () => asking.destroy(new Error('no answer in 10 s')))
    asking.once('error', reject)
    asking.end()
  })
}
