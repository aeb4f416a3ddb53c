import type { FastifyInstance } from 'fastify'
import type { ApiDeps } from '../deps.ts'
import { handle } from '../handle.ts'

export function eventRoutes(app: FastifyInstance, deps: ApiDeps): void {
  handle(app, 'events', ({ request, reply }) => {
    const lastEventId = request.headers['last-event-id']
    reply.hijack()
    const headers = {
      ...reply.getHeaders(),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    }
    for (const [name, value] of Object.entries(headers)) if (value !== undefined) reply.raw.setHeader(name, value)
    reply.raw.flushHeaders()
    const { raw } = reply
    const sink = {
      write: (text: string) => void raw.write(text),
      waitingBytes: () => raw.writableLength,
      end: () => void raw.end(),
    }
    const close = deps.events.open(sink, typeof lastEventId === 'string' ? lastEventId : null)
    const forget = deps.streams.watch(request.caller, close)
    request.raw.once('close', () => {
      forget()
      close()
    })
    return reply
  })
}
