import { Agent, request } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'

export interface Load {
  /** Ends the load; resolves with what was asked and what failed. */
  stop(): Promise<{ asked: number; failures: string[]; pids: Set<number> }>
}

/** Each client asks about a hundred times a second: some keep their connection, the others open one for each request. */
export function load(apiUrl: string, clients: { keepAlive: number; fresh: number }): Load {
  const stopped = new AbortController()
  let asked = 0
  const failures: string[] = []
  const pids = new Set<number>()
  async function client(agent: Agent | false): Promise<void> {
    while (!stopped.signal.aborted) {
      asked++
      try {
        pids.add(await ask(`${apiUrl}/api/healthz`, agent))
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
      return { asked, failures, pids }
    },
  }
}

function ask(url: string, agent: Agent | false): Promise<number> {
  return new Promise((resolve, reject) => {
    const asking = request(
      url,
      { agent: agent === false ? new Agent({ keepAlive: false }) : agent, timeout: 10_000 },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (piece: string) => (text += piece))
        response.once('error', reject)
        response.once('end', () => {
          if (response.statusCode === 200) resolve((JSON.parse(text) as { pid: number }).pid)
          else reject(new Error(`HTTP ${response.statusCode ?? '?'}: ${text.slice(0, 200)}`))
        })
      },
    )
    asking.once('timeout', () => asking.destroy(new Error('no answer in 10 s')))
    asking.once('error', reject)
    asking.end()
  })
}
