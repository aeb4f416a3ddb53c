import { type FileHandle, open } from 'node:fs/promises'
import { type Checkpoint, parseCheckpoint } from '@spark/core/audit/checkpoint'
import type { SignedCheckpoint } from './checkpoint-store.ts'

const CHUNK_BYTES = 65_536
const NEWLINE = 10

/** The first checkpoint of a copy that was taken at `ms` or later, without reading all of it; null: there is none. */
export async function firstCopiedSince(path: string, ms: number): Promise<Checkpoint | null> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (file === null) return null
  try {
    let [from, to] = [0, (await file.stat()).size]
    let found: Checkpoint | null = null
    while (from < to) {
      const middle = Math.floor((from + to) / 2)
      const line = await lineAfter(file, middle)
      if (line === null || line.checkpoint.ts >= ms) {
        found = line?.checkpoint ?? found
        to = middle
      } else from = line.end
    }
    return found
  } finally {
    await file.close()
  }
}

/** The first checkpoint whose line begins at `offset` or later. */
async function lineAfter(file: FileHandle, offset: number): Promise<{ checkpoint: Checkpoint; end: number } | null> {
  const parts: Buffer[] = []
  let isInLine = offset === 0
  // The byte before tells whether a line begins here.
  for (let at = Math.max(0, offset - 1); ;) {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, at)
    if (bytesRead === 0) return null
    let start = 0
    for (;;) {
      const newline = buffer.subarray(0, bytesRead).indexOf(NEWLINE, start)
      if (newline < 0) break
      if (isInLine) {
        parts.push(buffer.subarray(start, newline))
        const checkpoint = parseCheckpoint(parseSigned(Buffer.concat(parts).toString())?.document ?? '')
        if (checkpoint !== null) return { checkpoint, end: at + newline + 1 }
        parts.length = 0
      }
      isInLine = true
      start = newline + 1
    }
    if (isInLine) parts.push(buffer.subarray(start, bytesRead))
    at += bytesRead
  }
}

/** A line of a copy. */
export function parseSigned(line: string): SignedCheckpoint | null {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value !== 'object' || value === null) return null
    if (!('document' in value) || !('signature' in value)) return null
    const { document, signature } = value
    return typeof document === 'string' && typeof signature === 'string' ? { document, signature } : null
  } catch {
    return null
  }
}
