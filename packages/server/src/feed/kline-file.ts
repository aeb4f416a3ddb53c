import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { unzipSync } from 'fflate'
import type { KlineOptions } from './kline-cursor.ts'
import { KlineFileError, streamFromFileName } from './kline-format.ts'
import type { KlineReport } from './kline-report.ts'
import { parseKlines, type KlineColumns } from './parse-klines.ts'

/** Most bytes a dump may unpack to: 1 GiB is about 8 years of 1m candles; more is a mistake or an attack. */
export const MAX_UNPACKED_BYTES = 2 ** 30

export interface KlineFileOptions extends KlineOptions {
  maxUnpackedBytes?: number
}

/** Reads a kline dump, plain, .gz or .zip. Throws KlineFileError, with the file's name in the message. */
export async function readKlineFile(
  path: string,
  options: KlineFileOptions = {},
): Promise<{ columns: KlineColumns; report: KlineReport }> {
  const bytes = await readKlineBytes(path, options)
  return named(path, () => parseKlines(bytes, klineOptionsOf(path, options)))
}

/** The unpacked text of a kline dump, for a KlineCursor. Throws KlineFileError. */
export async function readKlineBytes(path: string, options: KlineFileOptions = {}): Promise<Uint8Array> {
  const limit = options.maxUnpackedBytes ?? MAX_UNPACKED_BYTES
  let bytes: Uint8Array
  try {
    bytes = await readFile(path)
  } catch (error) {
    throw new KlineFileError(`${path}: cannot be read (${messageOf(error)})`, { cause: error })
  }
  return named(path, () => unpack(bytes, limit))
}

/** Symbol and timeframe for a file: what the caller says, else what its name says. */
export function klineOptionsOf(path: string, options: KlineOptions = {}): KlineOptions {
  const fromName = streamFromFileName(basename(path))
  const symbol = options.symbol ?? fromName.symbol
  const timeframe = options.timeframe ?? fromName.timeframe
  return { ...(symbol !== null && { symbol }), ...(timeframe !== null && { timeframe }) }
}

/** Unpacks by the first bytes, not by the name: downloads get renamed. */
function unpack(bytes: Uint8Array, limit: number): Uint8Array {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return gunzip(bytes, limit)
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) return unzip(bytes, limit)
  if (bytes.length > limit) throw new KlineFileError(`has ${bytes.length} bytes, more than the limit of ${limit}`)
  return bytes
}

function gunzip(bytes: Uint8Array, limit: number): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: limit })
  } catch (error) {
    const tooLarge = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
    const reason = tooLarge ? `unpacks to more than the limit of ${limit} bytes` : `is damaged (${messageOf(error)})`
    throw new KlineFileError(reason, { cause: error })
  }
}

/** The one .csv inside. fflate writes into a buffer of the size that the archive states, so a false size cannot exceed the limit. */
function unzip(bytes: Uint8Array, limit: number): Uint8Array {
  const names: string[] = []
  let files: Record<string, Uint8Array>
  try {
    files = unzipSync(bytes, {
      filter(file) {
        if (!file.name.endsWith('.csv')) return false
        names.push(file.name)
        if (file.originalSize > limit)
          throw new KlineFileError(`${file.name} unpacks to ${file.originalSize} bytes, more than the limit of ${limit}`)
        return names.length === 1
      },
    })
  } catch (error) {
    if (error instanceof KlineFileError) throw error
    throw new KlineFileError(`is damaged (${messageOf(error)})`, { cause: error })
  }
  const [name] = names
  const content = name === undefined ? undefined : files[name]
  if (content === undefined || names.length > 1)
    throw new KlineFileError(`holds ${names.length} .csv files where one is expected`)
  return content
}

function named<Result>(path: string, read: () => Result): Result {
  try {
    return read()
  } catch (error) {
    if (error instanceof KlineFileError) throw new KlineFileError(`${path}: ${error.message}`, { cause: error })
    throw error
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
