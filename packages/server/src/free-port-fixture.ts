import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/** Below those that the kernel gives to outgoing connections: between the look and the start nobody else takes one. */
const PORTS = { from: 12_000, to: 32_000 }

/** A port of the loopback interface that nothing listens on now. For tests. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(PORTS.from, PORTS.to)
    if (await isFree(port)) return port
  }
}

function isFree(port: number): Promise<boolean> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
