import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { join } from 'node:path'

/**
 * `drop`: every connection is cut, and so is each new one. `silent`: each new one is taken, and nothing that comes or came on any of
 * them goes on, in either direction. A connection that was silent stays so, as behind a router that has forgotten it.
 */
export type Fault = 'none' | 'drop' | 'silent'

/** Stands between a process and PostgreSQL, on a port of loopback. */
export interface FaultProxy {
  /** Of the database, through the proxy. */
  url: string
  /** From now on. */
  fault(fault: Fault): void
  /** What is sent goes on so much later, both ways. */
  delayMs: number
  close(): Promise<void>
}

interface Pair {
  client: Socket
  server: Socket
  silent: boolean
}

/** `url`: of a database on a socket of this machine, as `emptyPostgres` gives it. */
export async function startFaultProxy(url: string): Promise<FaultProxy> {
  const pairs = new Set<Pair>()
  let current: Fault = 'none'
  const socketPath = join(decodeURIComponent(new URL(url).hostname), '.s.PGSQL.5432')

  const listener = createServer((client) => {
    if (current === 'drop') {
      client.destroy()
      return
    }
    const pair = { client, server: connect(socketPath), silent: current === 'silent' }
    pairs.add(pair)
    const end = () => {
      pairs.delete(pair)
      for (const socket of [pair.client, pair.server]) socket.destroy()
    }
    for (const [from, to] of [
      [pair.client, pair.server],
      [pair.server, pair.client],
    ] as const) {
      from.on('data', (bytes) => {
        const pass = () => void (pair.silent || to.destroyed || to.write(bytes))
        if (proxy.delayMs === 0) pass()
        else setTimeout(pass, proxy.delayMs)
      })
      from.on('error', end)
      from.on('close', end)
    }
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const { port } = listener.address() as AddressInfo
  const proxy: FaultProxy = {
    url: `postgres://spark@127.0.0.1:${port}${new URL(url).pathname}`,
    delayMs: 0,
    fault(fault) {
      current = fault
      for (const pair of pairs) {
        if (fault === 'drop') pair.client.destroy()
        if (fault === 'silent') pair.silent = true
      }
    },
    async close() {
      for (const { client } of pairs) client.destroy()
      await new Promise((resolve) => listener.close(resolve))
    },
  }
  return proxy
}
