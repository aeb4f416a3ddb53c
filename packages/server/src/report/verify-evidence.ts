import { createHash, type KeyObject } from 'node:crypto'
import { open, type FileHandle } from 'node:fs/promises'
import { signatureHolds } from '../storage/audit/signing-key.ts'
import { archiveText, MANIFEST, MANIFEST_SIGNATURE, type Manifest } from './evidence-format.ts'
import { ArchiveError, contentOf, piecesOf, readArchive, type Archive, type ArchivedFile } from './read-archive.ts'

const MANIFEST_BYTES_MAX = 1_000_000

export interface EvidenceProblem {
  /** `archive`: some byte is not as it was signed. The others say of which file. */
  kind: 'archive' | 'unreadable' | 'manifest' | 'changed' | 'missing' | 'added'
  file: string | null
  message: string
}

export interface EvidenceReport {
  ok: boolean
  manifest: Manifest | null
  problems: EvidenceProblem[]
}

/** Checks evidence with nothing but the file and the public key. Rejects only when the file cannot be read at all. */
export async function verifyEvidence(path: string, publicKey: KeyObject): Promise<EvidenceReport> {
  const file = await open(path, 'r')
  try {
    return await verifyFile(file, publicKey)
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error
    return { ok: false, manifest: null, problems: [{ kind: 'unreadable', file: null, message: error.message }] }
  } finally {
    await file.close()
  }
}

async function verifyFile(file: FileHandle, publicKey: KeyObject): Promise<EvidenceReport> {
  const archive = await readArchive(file)
  const problems: EvidenceProblem[] = []
  if (!(await isAsSigned(file, archive, publicKey)))
    problems.push({ kind: 'archive', file: null, message: 'the archive is not as it was signed, or was signed with another key' })
  // Whoever cannot trust the archive still wants to know what was changed.
  const manifest = await readManifest(file, archive, publicKey, problems)
  if (manifest !== null) problems.push(...(await fileProblems(file, archive, manifest)))
  return { ok: problems.length === 0, manifest, problems }
}

async function isAsSigned(file: FileHandle, { signature, signedBytes }: Archive, publicKey: KeyObject): Promise<boolean> {
  // Base64 has more than one text for the same bytes.
  if (Buffer.from(signature, 'base64').toString('base64') !== signature) return false
  return signatureHolds(archiveText(await hashOf(piecesOf(file, 0, signedBytes))), signature, publicKey)
}

async function readManifest(
  file: FileHandle,
  { files }: Archive,
  publicKey: KeyObject,
  problems: EvidenceProblem[],
): Promise<Manifest | null> {
  const wrong = (message: string) => {
    problems.push({ kind: 'manifest', file: MANIFEST, message })
    return null
  }
  const text = await textOf(file, files, MANIFEST)
  const signature = await textOf(file, files, MANIFEST_SIGNATURE)
  if (text === null || signature === null) return wrong('the manifest or its signature is not there, or cannot be read')
  if (!signatureHolds(text, signature.trimEnd(), publicKey)) return wrong('the manifest is not as it was signed')
  return JSON.parse(text) as Manifest
}

async function textOf(file: FileHandle, files: readonly ArchivedFile[], name: string): Promise<string | null> {
  const found = files.find((one) => one.name === name)
  if (found === undefined || found.bytes > MANIFEST_BYTES_MAX) return null
  try {
    const pieces: Buffer[] = []
    let bytes = 0
    for await (const piece of contentOf(file, found)) {
      // The size that the directory tells is not signed yet.
      bytes += piece.length
      if (bytes > MANIFEST_BYTES_MAX) return null
      pieces.push(piece)
    }
    return Buffer.concat(pieces).toString()
  } catch {
    return null
  }
}

async function fileProblems(file: FileHandle, { files }: Archive, manifest: Manifest): Promise<EvidenceProblem[]> {
  const problems: EvidenceProblem[] = []
  const left = files.filter(({ name }) => name !== MANIFEST && name !== MANIFEST_SIGNATURE)
  for (const { name, sha256 } of manifest.files) {
    const at = left.findIndex((one) => one.name === name)
    const [found] = at === -1 ? [] : left.splice(at, 1)
    if (found === undefined) problems.push({ kind: 'missing', file: name, message: `${name} is not there` })
    else if ((await hashOf(contentOf(file, found)).catch(() => null)) !== sha256)
      problems.push({ kind: 'changed', file: name, message: `${name} is not what the manifest says` })
  }
  for (const { name } of left) problems.push({ kind: 'added', file: name, message: `${name} is not in the manifest` })
  return problems
}

async function hashOf(pieces: AsyncIterable<Buffer>): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of pieces) hash.update(piece)
  return hash.digest('hex')
}
