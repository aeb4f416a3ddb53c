import type { IncomingMessage, ServerResponse } from 'node:http'
import { isTimeframe } from '../../packages/core/src/market/timeframe.ts'
import { exchangeInfo, type ListedSymbol } from './exchange-info.ts'
import type { KlineBook } from './kline-book.ts'
import type { OrderDesk } from './order-desk.ts'

/** An answer the exchange gives instead of the right one. */
export interface Failure {
  /** 0: the connection is cut. */
  status: number
  retryAfterS?: number
  body?: string
  /** The request is carried out first; only its answer is lost. */
  afterwards?: true
  /** Only requests whose method and path begin like this; others are answered. */
  on?: string
}

export interface RestState {
  symbols: readonly ListedSymbol[]
  book: KlineBook
  desk: OrderDesk
  nowMs: () => number
  /** Given to the next requests, one each, first in first out. */
  failures: Failure[]
  latencyMs: number
  /** `GET /api/v3/klines?…` of every request, oldest first. */
  requests: string[]
}

const KLINES_MAX = 1000
const KLINES_DEFAULT = 500

export function answerRest(state: RestState, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(withoutHost(request.url ?? '/'), 'http://localhost')
  const method = request.method ?? 'GET'
  const called = `${method} ${url.pathname}`
  let body = ''
  request.on('data', (chunk: Buffer) => (body += chunk.toString()))
  request.on('end', () => {
    state.requests.push(`${called}${url.search}${body === '' ? '' : ` ${body}`}`)
    const at = state.failures.findIndex(({ on }) => on === undefined || called.startsWith(on))
    const [failure] = at < 0 ? [] : state.failures.splice(at, 1)
    const apiKey = request.headers['x-mbx-apikey']
    const signed = () => state.desk.answer(method, url.pathname, body === '' ? url.search.slice(1) : body, String(apiKey))
    const send = (): void => {
      if (failure?.afterwards === true) signed()
      if (failure !== undefined) sendFailure(response, failure)
      else if (apiKey === undefined) answer(state, url, response)
      else {
        const { status, body: answered } = signed()
        sendJson(response, status, answered)
      }
    }
    if (state.latencyMs > 0) setTimeout(send, state.latencyMs)
    else send()
  })
}

/** A client that keeps each URL's own host in the path (`/api.binance.com/api/v3/ping`) is served too. */
export function withoutHost(path: string): string {
  return path.replace(/^\/[^/?]*\.[^/?]*(?=\/)/, '')
}

function answer(state: RestState, url: URL, response: ServerResponse): void {
  if (url.pathname === '/api/v3/ping') sendJson(response, 200, {})
  else if (url.pathname === '/api/v3/time') sendJson(response, 200, { serverTime: state.nowMs() })
  else if (url.pathname === '/api/v3/exchangeInfo') sendJson(response, 200, exchangeInfo(state.symbols, state.nowMs()))
  else if (url.pathname === '/api/v3/klines') sendKlines(state, url.searchParams, response)
  else sendJson(response, 404, { code: -1000, msg: `no such route: ${url.pathname}` })
}

function sendKlines(state: RestState, query: URLSearchParams, response: ServerResponse): void {
  const symbol = query.get('symbol')
  const interval = query.get('interval')
  if (symbol === null || interval === null) {
    const missing = symbol === null ? 'symbol' : 'interval'
    sendJson(response, 400, { code: -1102, msg: `Mandatory parameter '${missing}' was not sent, was empty/null, or malformed.` })
  } else if (!state.symbols.some((listed) => listed.symbol === symbol))
    sendJson(response, 400, { code: -1121, msg: 'Invalid symbol.' })
  else if (!isTimeframe(interval)) sendJson(response, 400, { code: -1120, msg: 'Invalid interval.' })
  else {
    const time = (name: string): number | null => (query.has(name) ? Number(query.get(name)) : null)
    const limit = Math.min(KLINES_MAX, Number(query.get('limit') ?? KLINES_DEFAULT))
    sendJson(response, 200, state.book.find(symbol, interval, time('startTime'), time('endTime'), limit))
  }
}

function sendFailure(response: ServerResponse, failure: Failure): void {
  if (failure.status === 0) {
    response.destroy()
    return
  }
  if (failure.retryAfterS !== undefined) response.setHeader('Retry-After', String(failure.retryAfterS))
  response.statusCode = failure.status
  response.setHeader('Content-Type', 'application/json;charset=UTF-8')
  response.end(
    failure.body ?? JSON.stringify({ code: -1003, msg: 'Too many requests; current limit is 6000 request weight per 1 MINUTE.' }),
  )
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.statusCode = status
  response.setHeader('Content-Type', 'application/json;charset=UTF-8')
  response.setHeader('x-mbx-used-weight-1m', '1')
  response.end(JSON.stringify(body))
}
