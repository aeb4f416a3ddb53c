import { open, realpath, rename, rm, stat } from 'node:fs/promises'
import { UnreachableError } from '@spark/contract/client'
import type { Clock } from '@spark/server/clock'
import { systemRandomness } from '@spark/server/random'

/** An answer of which nothing comes for so long has ended; as a whole it may take as long as it will. */
const SILENCE_MS = 60_000

/**
 * Writes an answer to a file, piece by piece; resolves with its bytes. The file appears whole or not at all; what is no plain file, as
 * /dev/stdout, is written to as it comes. Rejects with UnreachableError when nothing comes for a minute, and as `ask` does.
 */
export async function download(
  path: string,
  clock: Pick<Clock, 'after'>,
  ask: (signal: AbortSignal) => Promise<Response>,
): Promise<number> {
  const silence = new AbortController()
  const giveUp = () => silence.abort(new DOMException('nothing came for a minute', 'TimeoutError'))
  let cancel = clock.after(SILENCE_MS, giveUp)
  const heard = () => {
    cancel()
    cancel = clock.after(SILENCE_MS, giveUp)
  }
  try {
    const answer = await ask(silence.signal)
    const kind = await kindOf(path)
    return await (kind === 'other' ? write(path, 'w', answer, heard) : writeWhole(kind, answer, heard))
  } finally {
    cancel()
    // Of an answer that could not be written the rest is not waited for.
    silence.abort()
  }
}

/** The plain file that is meant, a link followed; or that it is something else. */
async function kindOf(path: string): Promise<{ file: string } | 'other'> {
  const there = await stat(path).catch(() => null)
  if (there === null) return { file: path }
  return there.isFile() ? { file: await realpath(path) } : 'other'
}

async function writeWhole({ file }: { file: string }, answer: Response, heard: () => void): Promise<number> {
  const draft = `${file}.${systemRandomness.traceId().slice(0, 8)}.part`
  try {
    const bytes = await write(draft, 'wx', answer, heard)
    await rename(draft, file)
    return bytes
  } finally {
    await rm(draft, { force: true })
  }
}

async function write(path: string, flags: 'w' | 'wx', answer: Response, heard: () => void): Promise<number> {
  const file = await open(path, flags)
  let bytes = 0
  try {
    for await (const piece of piecesOf(answer)) {
      heard()
      await file.writeFile(piece)
      bytes += piece.length
    }
  } finally {
    await file.close()
  }
  return bytes
}

async function* piecesOf({ body, url }: Response): AsyncGenerator<Uint8Array> {
  try {
    if (body !== null) yield* body
  } catch (error) {
    throw new UnreachableError(url, error)
  }
}
