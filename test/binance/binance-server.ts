import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import type { Candle, Stream } from '../../packages/core/src/market/candle.ts'
import type { ListedSymbol } from './exchange-info.ts'
import { KlineBook, klineEvent, klineRow } from './kline-book.ts'
import { MarketStreams } from './market-streams.ts'
import { OrderDesk } from './order-desk.ts'
import { answerRest, type Failure, type RestState } from './rest-api.ts'

/** A Binance spot exchange on loopback: the public REST routes and market streams that Spark uses, and controls for tests. */
export interface BinanceServer {
  /** `http://127.0.0.1:PORT`; websockets are on the same port. */
  readonly origin: string
  readonly book: KlineBook
  readonly streams: MarketStreams
  /** Accounts and orders: API_KEY and API_SECRET of order-desk.ts. */
  readonly desk: OrderDesk
  readonly requests: readonly string[]
  /** Stores the candle and sends it to its subscribers; how many there were. */
  push(stream: Stream, candle: Candle, closed: boolean): number
  /** The next requests, one each, get this instead of an answer. */
  fail(failure: Failure, times?: number): void
  setLatency(latencyMs: number): void
  /** New websockets are refused with 503 until told otherwise. */
  refuseSockets(refuse: boolean): void
  /** How many were. */
  refusedSockets(): number
  close(): Promise<void>
}

export interface BinanceServerOptions {
  /** The exchange's time. */
  nowMs: () => number
  symbols?: readonly (string | ListedSymbol)[]
}

export async function startBinanceServer(options: BinanceServerOptions): Promise<BinanceServer> {
  const { nowMs, symbols: named = ['BTCUSDT', 'ETHUSDT'] } = options
  const symbols = named.map((one) => (typeof one === 'string' ? { symbol: one } : one))
  const book = new KlineBook()
  const streams = new MarketStreams()
  const desk = new OrderDesk(symbols, nowMs)
  const rest: RestState = { symbols, book, desk, nowMs, failures: [], latencyMs: 0, requests: [] }
  let refusing = false
  let refused = 0
  const http = createServer((request, response) => answerRest(rest, request, response))
  const sockets = new WebSocketServer({ noServer: true })
  http.on('upgrade', (request, socket, head) => {
    if (refusing) {
      refused++
      socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n')
    } else sockets.handleUpgrade(request, socket, head, (client) => streams.connect(client, request))
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const { port } = http.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    book,
    streams,
    desk,
    requests: rest.requests,
    push(stream, candle, closed) {
      const row = klineRow(candle, stream)
      book.put(stream, row)
      return streams.send(streamOf(stream), klineEvent(stream, row, closed, nowMs()))
    },
    fail(failure, times = 1) {
      for (let time = 0; time < times; time++) rest.failures.push(failure)
    },
    setLatency(latencyMs) {
      rest.latencyMs = latencyMs
    },
    refuseSockets(refuse) {
      refusing = refuse
    },
    refusedSockets: () => refused,
    async close() {
      streams.drop()
      sockets.close()
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
    },
  }
}

/** `btcusdt@kline_1h` */
export function streamOf(stream: Stream): string {
  return `${stream.symbol.toLowerCase()}@kline_${stream.tf}`
}
