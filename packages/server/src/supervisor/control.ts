import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createHostCheck } from '../host-check.ts'
import type { Log } from '../log.ts'
import type { Principal } from '../tokens.ts'
import type { Release, SupervisorState, SwitchLine, SwitchRequest } from './supervisor-contract.ts'

const BODY_BYTES_MAX = 16_384

export interface ControlDeps {
  log: Log
  authenticate(authorization: string | undefined): Principal | 'wrong'
  state(): SupervisorState
  /** Runs to its end also when the one who asked is gone. Never rejects. */
  switchTo(request: SwitchRequest, tell: (line: SwitchLine) => void): Promise<void>
}

/** The supervisor's own door: loopback only, operator token, two routes. Resolves with its port and what closes it. */
export async function listenControl(deps: ControlDeps): Promise<{ port: number; close(): void }> {
  const namesUs = createHostCheck('127.0.0.1', [])
  const server = createServer({ requestTimeout: 10_000, maxHeaderSize: 8192 }, (request, response) => {
    if (!namesUs(request.headers.host)) return answer(response, 421, { problem: 'the Host header does not name this server' })
    if (deps.authenticate(request.headers.authorization) !== 'operator')
      return answer(response, 401, { problem: 'the operator token of the data folder is missing or wrong' })
    if (request.method === 'GET' && request.url === '/state') return answer(response, 200, deps.state())
    if (request.method === 'POST' && request.url === '/switch') return void takeSwitch(request, response, deps)
    answer(response, 404, { problem: 'there is no such route' })
  })
  // A switch waits for processes to start; it says what it does meanwhile.
  server.timeout = 0
  const port = await listenLocally(server)
  return {
    port,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

async function takeSwitch(request: IncomingMessage, response: ServerResponse, deps: ControlDeps): Promise<void> {
  const asked = parseSwitch(await readBody(request))
  if (asked === null) return answer(response, 400, { problem: 'the body is no switch that this Spark knows' })
  const { busy } = deps.state()
  if (busy !== null) return answer(response, 409, { problem: `${busy} is under way` })
  response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' })
  response.flushHeaders()
  await deps.switchTo(asked, (line) => {
    if (!response.writableEnded && !response.destroyed) response.write(`${JSON.stringify(line)}\n`)
  })
  response.end()
}

async function readBody(request: IncomingMessage): Promise<string | null> {
  let text = ''
  try {
    for await (const piece of request.setEncoding('utf8')) {
      text += piece as string
      if (text.length > BODY_BYTES_MAX) return null
    }
  } catch {
    return null
  }
  return text
}

function parseSwitch(text: string | null): SwitchRequest | null {
  let body: unknown
  try {
    body = JSON.parse(text ?? '')
  } catch {
    return null
  }
  if (typeof body !== 'object' || body === null) return null
  const { kind, release = null, back = null, modelHash = null, givesWay } = body as Record<string, unknown>
  if (kind !== 'canary' && kind !== 'end_canary' && kind !== 'rolling' && kind !== 'restart') return null
  if (modelHash !== null && typeof modelHash !== 'string') return null
  if (kind === 'restart' || kind === 'end_canary') return { kind, release: null, back: null, modelHash }
  return isRelease(release)
    ? { kind, release, back: isRelease(back) ? back : null, modelHash, givesWay: givesWay === true }
    : null
}

function isRelease(value: unknown): value is Release {
  if (typeof value !== 'object' || value === null) return false
  const { sha, dir } = value as Record<string, unknown>
  return typeof sha === 'string' && typeof dir === 'string'
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(JSON.stringify(body))
}

function listenLocally(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}
