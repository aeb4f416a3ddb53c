import type { IncomingMessage } from 'node:http'
import type { WebSocket } from 'ws'
import { withoutHost } from './rest-api.ts'

interface Session {
  socket: WebSocket
  /** Events come as `{stream, data}`: the combined path /stream. */
  combined: boolean
  streams: Set<string>
}

/** The websocket market streams: /ws, /ws/<stream>, /stream?streams=a/b, and SUBSCRIBE, UNSUBSCRIBE, LIST_SUBSCRIPTIONS. */
export class MarketStreams {
  readonly #sessions = new Set<Session>()
  readonly #waiting = new Set<() => void>()
  #silent = false

  connect(socket: WebSocket, request: IncomingMessage): void {
    const url = new URL(withoutHost(request.url ?? '/'), 'http://localhost')
    const named = [...(url.searchParams.get('streams')?.split('/') ?? []), url.pathname.split('/')[2] ?? '']
    const streams = new Set(named.filter((name) => name.includes('@')))
    const session: Session = { socket, combined: url.pathname.startsWith('/stream'), streams }
    this.#sessions.add(session)
    if (this.#silent) socket.pause()
    socket.on('message', (data: Buffer) => this.#onMessage(session, data.toString()))
    socket.on('close', () => {
      this.#sessions.delete(session)
      this.#changed()
    })
    this.#changed()
  }

  /** Sends an event to all who subscribed to `stream` (`btcusdt@kline_1h`); how many that were. */
  send(stream: string, data: unknown): number {
    const sessions = this.#silent ? [] : [...this.#sessions].filter((session) => session.streams.has(stream))
    for (const { socket, combined } of sessions) socket.send(JSON.stringify(combined ? { stream, data } : data))
    return sessions.length
  }

  /** Sends any text to all connections. */
  sendText(text: string): void {
    for (const { socket } of this.#sessions) socket.send(text)
  }

  /** A peer that is there and does nothing: sends no event, answers no ping and no closing handshake. */
  setSilent(silent: boolean): void {
    this.#silent = silent
    for (const { socket } of this.#sessions)
      if (silent) socket.pause()
      else socket.resume()
  }

  /** Cuts every connection without a closing handshake. */
  drop(): void {
    for (const { socket } of this.#sessions) socket.terminate()
  }

  get connections(): number {
    return this.#sessions.size
  }

  isSubscribed(stream: string): boolean {
    return [...this.#sessions].some((session) => session.streams.has(stream))
  }

  /** Resolves once the condition holds, which is looked at when a connection or subscription changes. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.add(resolve))
  }

  #onMessage(session: Session, text: string): void {
    const { method, params = [], id } = JSON.parse(text) as { method: string; params?: string[]; id: number }
    if (method === 'SUBSCRIBE') for (const stream of params) session.streams.add(stream)
    if (method === 'UNSUBSCRIBE') for (const stream of params) session.streams.delete(stream)
    session.socket.send(JSON.stringify({ result: method === 'LIST_SUBSCRIPTIONS' ? [...session.streams] : null, id }))
    this.#changed()
  }

  #changed(): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const resume of waiting) resume()
  }
}
