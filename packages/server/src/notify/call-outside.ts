import type { OutsideCode } from '@spark/core/trading/path-codes'
import { lookup, type LookupAddress } from 'node:dns'
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { BlockList, isIP, type LookupFunction } from 'node:net'

/** A call to an address that a person configured did not do. `permanent`: trying again cannot help. */
export class OutsideError extends Error {
  readonly code: OutsideCode
  readonly permanent: boolean
  readonly retryAfterMs: number
  constructor(
    code: OutsideError['code'],
    message: string,
    options: { permanent?: boolean; retryAfterMs?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause })
    this.name = 'OutsideError'
    this.code = code
    this.permanent = options.permanent ?? false
    this.retryAfterMs = options.retryAfterMs ?? 0
  }
}

export interface OutsideCall {
  url: string
  /** Sent as JSON by POST; without it a GET. */
  body?: unknown
  /** Also private addresses, and http. */
  allowPrivate: boolean
  timeoutMs?: number
}

const TIMEOUT_MS = 10_000
const ANSWER_BYTES_MAX = 65_536
const RETRY_AFTER_S_MAX = 3600

/** IANA special-purpose address registries: not the public Internet. */
const PRIVATE = new BlockList()
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const)
  PRIVATE.addSubnet(net, prefix, 'ipv4')
for (const [net, prefix] of [
  ['::', 127],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  PRIVATE.addSubnet(net, prefix, 'ipv6')

export function isPrivateAddress(address: string): boolean {
  return PRIVATE.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}

/**
 * Calls an address by HTTPS, without following redirects. Names are resolved once and checked when the socket is made, so a name
 * cannot change to a private address between. Resolves with the text of a 2xx answer; rejects with OutsideError, whose message
 * does not contain the address: it may be a secret.
 */
export async function callOutside({ url, body, allowPrivate, timeoutMs = TIMEOUT_MS }: OutsideCall): Promise<string> {
  const target = new URL(url)
  if (target.protocol !== 'https:' && !(allowPrivate && target.protocol === 'http:'))
    throw new OutsideError('not_https', 'the address does not begin with https://', { permanent: true })
  const host = target.hostname.replace(/^\[|\]$/g, '')
  if (!allowPrivate && isIP(host) !== 0 && isPrivateAddress(host)) throw privateAddress()
  const text = body === undefined ? null : JSON.stringify(body)
  const start = target.protocol === 'https:' ? requestHttps : requestHttp
  return new Promise((resolve, reject) => {
    const request = start(target, {
      method: text === null ? 'GET' : 'POST',
      lookup: allowPrivate ? lookup : lookupPublic,
      signal: AbortSignal.timeout(timeoutMs),
      agent: false,
      headers: text === null ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) },
    })
    request.on('error', (error) => reject(outsideError(error, timeoutMs)))
    request.on('response', (response) => {
      let answer = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        answer += chunk
        if (answer.length > ANSWER_BYTES_MAX) request.destroy(new Error('the answer is too long'))
      })
      response.on('error', (error) => reject(outsideError(error, timeoutMs)))
      response.on('end', () => {
        const problem = statusProblem(response.statusCode ?? 0, response.headers['retry-after'])
        if (problem === null) resolve(answer)
        else reject(problem)
      })
    })
    request.end(text ?? undefined)
  })
}

const privateAddress = () =>
  new OutsideError('private_address', 'the address is a private one; SPARK_NOTIFY_PRIVATE=true allows that', { permanent: true })

const lookupPublic: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    const [first] = addresses ?? []
    if (error !== null || first === undefined) callback(error ?? new Error('no address'), '', 0)
    else if (addresses.some(({ address }) => isPrivateAddress(address))) callback(privateAddress(), '', 0)
    else if (options.all === true) callback(null, addresses)
    else callback(null, first.address, first.family)
  })
}

function statusProblem(status: number, retryAfter: string | undefined): OutsideError | null {
  if (status >= 200 && status < 300) return null
  if (status >= 300 && status < 400)
    return new OutsideError('redirected', `answered ${status}; redirects are not followed`, { permanent: true })
  const retryAfterMs = /^\d+$/.test(retryAfter ?? '') ? Math.min(RETRY_AFTER_S_MAX, Number(retryAfter)) * 1000 : 0
  if (status >= 500 || status === 429 || status === 408) return new OutsideError('failed', `answered ${status}`, { retryAfterMs })
  return new OutsideError('refused', `answered ${status}; the address or token is wrong`, { permanent: true })
}

function outsideError(error: Error, timeoutMs: number): OutsideError {
  if (error instanceof OutsideError) return error
  if (error.name === 'AbortError' || error.name === 'TimeoutError')
    return new OutsideError('timeout', `no answer within ${timeoutMs} ms`)
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name
  return new OutsideError('unreachable', `cannot be reached (${code})`)
}
