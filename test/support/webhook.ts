import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Received {
  /** Monotonic. */
  atMs: number
  text: string
  code: string
  alerts: { kind: string; severity: string; code: string; message: string }[]
}

/** Takes what alerts are posted to. */
export async function startWebhook(): Promise<{ url: string; received: readonly Received[]; close(): Promise<void> }> {
  const received: Received[] = []
  const server = createServer((incoming, outgoing) => {
    let body = ''
    incoming.on('data', (piece: Buffer) => (body += piece.toString()))
    incoming.on('end', () => {
      received.push({ ...(JSON.parse(body) as Received), atMs: performance.now() })
      outgoing.end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
