import { open, rename, rm } from 'node:fs/promises'
import { UnreachableError } from '@spark/contract/client'
import type { Clock } from '@spark/server/clock'

/** An answer of which nothing comes for so long has ended; as a whole it may take as long as it will. */
const SILENCE_MS = 60_000

/**
 * Writes an answer to a file, piece by piece; resolves with its bytes. The file appears whole or not at all. Rejects with
 * UnreachableError when nothing comes for a minute, and as `ask` does.
 */
export async function download(
  path: string,
  clock: Pick<Clock, 'after'>,
  ask: (signal: AbortSignal) => Promise<Response>,
): Promise<number> {
  const silence = new AbortController()
  const giveUp = () => silence.abort(new DOMException('nothing came for a minute', 'TimeoutError'))
  let cancel = clock.after(SILENCE_MS, giveUp)
  const draft = `${path}.part`
  try {
    const answer = await ask(silence.signal)
    const file = await open(draft, 'w')
    let bytes = 0
    try {
      for await (const piece of piecesOf(answer)) {
        cancel()
        cancel = clock.after(SILENCE_MS, giveUp)
        await file.writeFile(piece)
        bytes += piece.length
      }
    } finally {
      await file.close()
    }
    await rename(draft, path)
    return bytes
  } finally {
    cancel()
    await rm(draft, { force: true })
  }
}

async function* piecesOf({ body, url }: Response): AsyncGenerator<Uint8Array> {
  try {
    if (body !== null) yield* body
  } catch (error) {
    throw new UnreachableError(url, error)
  }
}
