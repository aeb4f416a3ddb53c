import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

/** Stands between the executor and the api, and spoils scores from outside. */
export interface Proxy {
  url: string
  /** Set before an installation is used: where its api is. */
  target: string
  /** A score reaches the api so much later. */
  delayMs: number
  /** Every so many scores one is answered 503 without the api; 0: none. */
  failEvery: number
  close(): Promise<void>
}

export async function startProxy(): Promise<Proxy> {
  let scores = 0
  const server = createServer((incoming, outgoing) => {
    void (async () => {
      if (incoming.url === '/api/ml/score') {
        scores += 1
        if (proxy.failEvery > 0 && scores % proxy.failEvery === 0) {
          outgoing.writeHead(503).end()
          return
        }
        await wait(proxy.delayMs)
      }
      const { method, headers } = incoming
      const forwarded = request(`${proxy.target}${incoming.url ?? ''}`, { method, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(outgoing)
      })
      forwarded.on('error', () => outgoing.destroy())
      incoming.pipe(forwarded)
    })()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const proxy: Proxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    target: '',
    delayMs: 0,
    failEvery: 0,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return proxy
}
