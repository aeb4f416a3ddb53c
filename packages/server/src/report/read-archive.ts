import { pipeline, Readable } from 'node:stream'
import type { FileHandle } from 'node:fs/promises'
import { createInflateRaw } from 'node:zlib'
import { SIGNATURE_CHARACTERS } from './evidence-format.ts'

/** Lengths of the fixed parts of a ZIP (PKWARE APPNOTE 4.3). */
const END_BYTES = 22
const ENTRY_BYTES = 46
const LOCAL_BYTES = 30
const END_SIGNATURE = 0x06054b50
const ENTRY_SIGNATURE = 0x02014b50
const DEFLATED = 8
const PIECE_BYTES = 65_536
/** More than any evidence has: a directory that names more is none of ours. */
const ENTRIES_MAX = 1000
const DIRECTORY_BYTES_MAX = 1_000_000

export interface ArchivedFile {
  name: string
  bytes: number
  /** Where its deflated bytes are. */
  start: number
  packedBytes: number
}

export interface Archive {
  /** In the order of the directory. */
  files: ArchivedFile[]
  /** The comment at the end. */
  signature: string
  /** Everything before the comment. */
  signedBytes: number
}

/** The file is not an archive that Spark wrote. */
export class ArchiveError extends Error {}

/** Reads the directory of an archive. Throws ArchiveError. */
export async function readArchive(file: FileHandle): Promise<Archive> {
  const { size } = await file.stat()
  const signedBytes = size - SIGNATURE_CHARACTERS
  if (signedBytes < END_BYTES) throw new ArchiveError('it is too short for evidence')
  const end = await bytesAt(file, signedBytes - END_BYTES, END_BYTES)
  if (end.readUInt32LE(0) !== END_SIGNATURE || end.readUInt16LE(20) !== SIGNATURE_CHARACTERS)
    throw new ArchiveError('it does not end like evidence')
  const [count, length, start] = [end.readUInt16LE(10), end.readUInt32LE(12), end.readUInt32LE(16)]
  if (count > ENTRIES_MAX || length > DIRECTORY_BYTES_MAX || start + length + END_BYTES !== signedBytes)
    throw new ArchiveError('its directory is not where it must be')
  const directory = await bytesAt(file, start, length)
  const signature = (await bytesAt(file, signedBytes, SIGNATURE_CHARACTERS)).toString('latin1')
  return { files: await filesOf(file, directory, count), signature, signedBytes }
}

async function filesOf(file: FileHandle, directory: Buffer, count: number): Promise<ArchivedFile[]> {
  const files: ArchivedFile[] = []
  let at = 0
  for (let left = count; left > 0; left--) {
    if (at + ENTRY_BYTES > directory.length || directory.readUInt32LE(at) !== ENTRY_SIGNATURE)
      throw new ArchiveError('its directory is damaged')
    if (directory.readUInt16LE(at + 10) !== DEFLATED) throw new ArchiveError('a file in it is packed in another way')
    const nameBytes = directory.readUInt16LE(at + 28)
    const name = directory.toString('utf8', at + ENTRY_BYTES, at + ENTRY_BYTES + nameBytes)
    const local = await bytesAt(file, directory.readUInt32LE(at + 42), LOCAL_BYTES)
    const start = directory.readUInt32LE(at + 42) + LOCAL_BYTES + local.readUInt16LE(26) + local.readUInt16LE(28)
    files.push({ name, bytes: directory.readUInt32LE(at + 24), start, packedBytes: directory.readUInt32LE(at + 20) })
    at += ENTRY_BYTES + nameBytes + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32)
  }
  return files
}

async function bytesAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length)
  const { bytesRead } = await file.read(buffer, 0, length, position)
  if (bytesRead !== length) throw new ArchiveError('it ends before it should')
  return buffer
}

/** The bytes from `start` on, piece by piece. */
export async function* piecesOf(file: FileHandle, start: number, length: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < length; at += PIECE_BYTES) yield await bytesAt(file, start + at, Math.min(PIECE_BYTES, length - at))
}

/** The content of a file in an archive; an error of zlib when it is damaged. */
export function contentOf(file: FileHandle, { start, packedBytes }: ArchivedFile): AsyncIterable<Buffer> {
  const inflated = createInflateRaw()
  // Whoever reads hears of an error on either side.
  pipeline(Readable.from(piecesOf(file, start, packedBytes)), inflated, () => {})
  return inflated
}
