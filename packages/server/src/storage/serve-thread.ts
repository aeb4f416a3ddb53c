import { parentPort } from 'node:worker_threads'
import type { ThreadAnswer, ThreadRequest } from './thread-client.ts'
import { toThreadFailure } from './thread-failure.ts'

/**
 * The worker thread's side of ThreadClient: requests are performed one after the other, in the order they came. The thread
 * ends after a request for which `isLast` holds. `onArrival` is told of each request before its turn.
 */
export function serveThread<Request, Result>(
  perform: (request: Request) => Promise<Result>,
  isLast: (request: Request) => boolean,
  hooks: { onArrival?: () => void; afterAnswer?: (request: Request) => Promise<void> } = {},
): void {
  const port = parentPort
  if (port === null) throw new Error('this file runs in a worker thread only')
  let turn: Promise<void> = Promise.resolve()

  const answer = async ({ id, request }: ThreadRequest<Request>): Promise<void> => {
    let reply: ThreadAnswer<Result>
    try {
      reply = { id, ok: true, result: await perform(request) }
    } catch (error) {
      reply = { id, ok: false, failure: toThreadFailure(error) }
    }
    port.postMessage(reply)
    if (isLast(request)) port.close()
    else await hooks.afterAnswer?.(request)
  }

  port.on('message', (message: ThreadRequest<Request>) => {
    hooks.onArrival?.()
    turn = turn.then(() => answer(message))
  })
}
