import { connect, type Socket } from 'node:net'
import { systemClock } from '@spark/server/clock'
import { quantile } from './figure.ts'

export interface LoadOptions {
  port: number
  connections: number
  durationMs: number
  /** Whole HTTP/1.1 requests, sent in turn; each connection has one under way. */
  requests: readonly Buffer[]
  /** Of all connections together; default: as many as are answered. */
  perSecond?: number
}

export interface LoadResult {
  answers: number
  perSecond: number
  p50Ms: number
  p99Ms: number
  /** Mean length of an answer, head and body. */
  answerBytes: number
}

const HEAD_END = Buffer.from('\r\n\r\n')
const LENGTH = Buffer.from('content-length: ')
const OK = Buffer.from('HTTP/1.1 200')
const CARRIAGE_RETURN = 13
const ZERO = 48
/** A connection without an answer for this long ends the bench. */
const STALLED_MS = 10_000

/**
 * Keeps every connection busy for `durationMs`, or as busy as `perSecond` says, then waits for the last answers. As cheap as Node allows, because the
 * servers under test share the machine: requests are made beforehand, an answer is told by its content-length, nothing is
 * parsed. Throws at the first answer that is not 200.
 */
export async function load(options: LoadOptions): Promise<LoadResult> {
  const latenciesMs: number[] = []
  let answers = 0
  let bytes = 0
  let next = 0
  const startedMs = systemClock.monotonicMs()
  const endMs = startedMs + options.durationMs

  const everyMs = options.perSecond === undefined ? 0 : (1000 * options.connections) / options.perSecond
  await Promise.all(Array.from({ length: options.connections }, (_, at) => busyConnection((at / options.connections) * everyMs)))
  const seconds = (systemClock.monotonicMs() - startedMs) / 1000
  return {
    answers,
    perSecond: answers / seconds,
    p50Ms: quantile(latenciesMs, 0.5),
    p99Ms: quantile(latenciesMs, 0.99),
    answerBytes: bytes / answers,
  }

  function busyConnection(firstMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      let sentMs = 0
      let dueMs = startedMs + firstMs
      // Of an answer that came in several pieces; most come in one.
      let pending: Buffer | null = null
      const send = () => {
        sentMs = systemClock.monotonicMs()
        socket.write(options.requests[next++ % options.requests.length] as Buffer)
      }
      const sendWhenDue = (nowMs: number) => {
        dueMs += everyMs
        if (dueMs <= nowMs) send()
        else systemClock.after(dueMs - nowMs, send)
      }
      const onBytes = (count: number, buffer: Uint8Array): boolean => {
        const piece = Buffer.from(buffer.buffer, buffer.byteOffset, count)
        const received: Buffer = pending === null ? piece : Buffer.concat([pending, piece])
        const length = answerLength(received)
        if (Number.isNaN(length)) {
          socket.destroy(new Error(`an answer without content-length:\n${received.toString('latin1', 0, 500)}`))
          return true
        }
        if (length === null || received.length < length) {
          // The buffer of the socket is used again for the next piece.
          pending = pending === null ? Buffer.from(received) : received
          return true
        }
        pending = null
        if (!received.subarray(0, OK.length).equals(OK)) {
          socket.destroy(new Error(`not answered 200:\n${received.toString().slice(0, 500)}`))
          return true
        }
        const nowMs = systemClock.monotonicMs()
        latenciesMs.push(nowMs - sentMs)
        answers += 1
        bytes += length
        if (nowMs < endMs) sendWhenDue(nowMs)
        else socket.end()
        return true
      }
      const socket: Socket = connect({
        host: '127.0.0.1',
        port: options.port,
        noDelay: true,
        onread: { buffer: Buffer.allocUnsafe(1 << 16), callback: onBytes },
      })
      socket.setTimeout(STALLED_MS, () => socket.destroy(new Error(`no answer for ${STALLED_MS} ms`)))
      socket.once('connect', () => systemClock.after(firstMs, send))
      socket.once('error', reject)
      socket.once('close', () =>
        systemClock.monotonicMs() < endMs ? reject(new Error('the server closed a connection')) : resolve(),
      )
    })
  }
}

/** Length of the answer at the start of `received`; null while its head is not complete, NaN when it does not say. */
function answerLength(received: Buffer): number | null {
  const headEnd = received.indexOf(HEAD_END)
  if (headEnd < 0) return null
  const at = received.indexOf(LENGTH)
  if (at < 0 || at > headEnd) return Number.NaN
  let length = 0
  for (let index = at + LENGTH.length; received[index] !== CARRIAGE_RETURN; index++) {
    length = length * 10 + (received[index] as number) - ZERO
  }
  return headEnd + HEAD_END.length + length
}

/** A POST of JSON as bytes. */
export function postRequest(path: string, body: unknown, headers: Record<string, string> = {}): Buffer {
  const text = JSON.stringify(body)
  const more = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n${more.join('')}\r\n${text}`,
  )
}
