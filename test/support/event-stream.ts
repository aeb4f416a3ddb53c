import { request } from 'node:http'

export interface ServerEvent {
  event: string
  id: string
  data: Record<string, unknown>
}

export interface EventStream {
  /** What came so far. */
  events: ServerEvent[]
  /** Resolves when the server ends it, or it is closed. */
  ended: Promise<void>
  close(): void
}

/** An open event stream of an api. */
export function listen(apiUrl: string, lastEventId?: string, more: Record<string, string> = {}): EventStream {
  const events: ServerEvent[] = []
  let text = ''
  const client = request(
    `${apiUrl}/api/events`,
    { headers: { ...more, ...(lastEventId !== undefined && { 'last-event-id': lastEventId }) } },
    (response) => {
      response.setEncoding('utf8').on('data', (piece: string) => {
        text += piece
        for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
          const event = eventOf(text.slice(0, end))
          text = text.slice(end + 2)
          if (event !== null) events.push(event)
        }
      })
    },
  )
  client.on('error', () => {})
  const ended = new Promise<void>((resolve) => client.once('close', resolve))
  client.end()
  return { events, ended, close: () => void client.destroy() }
}

/** Null for a block without an event. */
function eventOf(block: string): ServerEvent | null {
  const fields = Object.fromEntries(
    block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
  )
  const { event, id = '', data = '{}' } = fields
  return event === undefined ? null : { event, id, data: JSON.parse(data) as Record<string, unknown> }
}
