import { createHash } from 'node:crypto'
import { mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { finished } from 'node:stream/promises'
import { crc32, createDeflateRaw } from 'node:zlib'
import { Zip, type ZipInputFile } from 'fflate'
import type { SigningKey } from '../storage/audit/signing-key.ts'
import { syncFolder } from '../sync-file.ts'
import { archiveText, MANIFEST, MANIFEST_SIGNATURE, SIGNATURE_CHARACTERS, type Manifest } from './evidence-format.ts'

/** How a ZIP names what createDeflateRaw makes. */
const DEFLATE = 8
/** So much text is hashed and given to a thread of the pool at once: about 2 ms of this one, which candles and orders wait for. */
const PIECE_CHARACTERS = 65_536
/** ZIP keeps local times: the same everywhere, and the same bytes for the same content. */
const NO_TIME = new Date(1980, 0, 1)

/** One file of the archive; the next begins when it has ended. */
export interface EvidenceEntry {
  write(text: string): Promise<void>
  end(): Promise<void>
}

export interface EvidenceArchive {
  entry(name: string): EvidenceEntry
  /** A whole file at once. */
  add(name: string, text: string): Promise<void>
  /** Manifest and signatures; the file appears whole and on disk, in place of an older one. */
  finish(about: Omit<Manifest, 'version' | 'files'>): Promise<{ bytes: number; sha256: string }>
  /** Gives up what was begun; nothing after finish. */
  abandon(): Promise<void>
}

/** Writes a ZIP in constant memory. Until it is finished there is only a draft beside it. */
export async function createEvidence(path: string, key: SigningKey): Promise<EvidenceArchive> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const draft = `${path}.new`
  const out = createOutput(await open(draft, 'w', 0o600))
  const files: Manifest['files'] = []
  let opened: OpenEntry | null = null
  const entry = (name: string) => (opened = openEntry(out, name, (file) => files.push(file)))
  const add = async (name: string, text: string) => {
    const one = entry(name)
    await one.write(text)
    await one.end()
  }
  return {
    entry,
    add,
    async finish(about) {
      const manifest: Manifest = { version: 1, ...about, files: [...files] }
      const text = `${JSON.stringify(manifest, null, 2)}\n`
      await add(MANIFEST, text)
      await add(MANIFEST_SIGNATURE, `${key.sign(text)}\n`)
      const done = await out.end((sha256) => key.sign(archiveText(sha256)))
      await rename(draft, path)
      await syncFolder(dirname(path))
      return done
    },
    async abandon() {
      opened?.drop()
      await out.close()
      await rm(draft, { force: true })
    },
  }
}

interface OpenEntry extends EvidenceEntry {
  /** Frees what deflates it; nothing when it has ended. */
  drop(): void
}

interface Output {
  zip: Zip
  /** Writes what the archive has made so far. */
  flush(): Promise<void>
  end(sign: (sha256: string) => string): Promise<{ bytes: number; sha256: string }>
  close(): Promise<void>
}

function createOutput(file: FileHandle): Output {
  const made: Uint8Array[] = []
  const hash = createHash('sha256')
  let bytes = 0
  const zip = new Zip((error, chunk) => {
    if (error !== null) throw error
    made.push(chunk)
  })
  const write = async (chunk: Uint8Array) => {
    hash.update(chunk)
    bytes += chunk.length
    await file.writeFile(chunk)
  }
  const flush = async () => {
    for (const chunk of made.splice(0)) await write(chunk)
  }
  return {
    zip,
    flush,
    async end(sign) {
      zip.end()
      // The directory, which ends with the length of the comment.
      const last = made.at(-1)
      if (last === undefined) throw new Error('the archive has no end')
      new DataView(last.buffer, last.byteOffset + last.length - 2).setUint16(0, SIGNATURE_CHARACTERS, true)
      await flush()
      await write(Buffer.from(sign(hash.copy().digest('hex')), 'latin1'))
      await file.sync()
      await file.close()
      return { bytes, sha256: hash.digest('hex') }
    },
    close: () => file.close(),
  }
}

function openEntry(out: Output, name: string, onEnd: (file: Manifest['files'][number]) => void): OpenEntry {
  const hash = createHash('sha256')
  const file: ZipInputFile = { filename: name, size: 0, crc: 0, compression: DEFLATE, mtime: NO_TIME }
  out.zip.add(file)
  const deflate = createDeflateRaw({ level: 6 })
  deflate.on('data', (chunk: Buffer<ArrayBuffer>) => file.ondata?.(null, chunk, false))
  const deflated = finished(deflate)
  // Whoever writes hears of it.
  deflated.catch(() => {})
  let waiting = ''
  const take = () => {
    const piece = Buffer.from(waiting)
    waiting = ''
    file.size += piece.length
    file.crc = crc32(piece, file.crc)
    hash.update(piece)
    return piece
  }
  return {
    async write(text) {
      waiting += text
      if (waiting.length < PIECE_CHARACTERS) return
      const piece = take()
      await new Promise<void>((resolve, reject) => {
        deflate.write(piece, (error) => (error ? reject(error) : resolve()))
      })
      await out.flush()
    },
    async end() {
      deflate.end(take())
      await deflated
      file.ondata?.(null, new Uint8Array(0), true)
      await out.flush()
      onEnd({ name, bytes: file.size, sha256: hash.digest('hex') })
    },
    drop: () => void deflate.destroy(),
  }
}
