import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomUUID, sign, verify } from 'node:crypto'
import { link, mkdir, open, readFile, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

export interface SigningKey {
  /** Ed25519 over the UTF-8 bytes of `text`, base64. */
  sign(text: string): string
  /** PEM; keep a copy where whoever can write the data folder cannot. */
  publicKey: string
}

/** `signing.key` → `signing.pub`. */
export function publicKeyFile(keyFile: string): string {
  return `${keyFile.replace(/\.key$/, '')}.pub`
}

/**
 * Reads the Ed25519 key pair, making it at the first start: the private key with mode 0600, the public one beside it.
 * Rejects when others can read the private key, or when the two files do not belong together.
 */
export async function openSigningKey(keyFile: string): Promise<SigningKey> {
  const privateKey = createPrivateKey(await readOrCreate(keyFile, newPrivateKey))
  const mode = (await stat(keyFile)).mode & 0o777
  if ((mode & 0o077) !== 0)
    throw new Error(`${keyFile} can be read by others (mode ${mode.toString(8)}); run: chmod 600 ${keyFile}`)
  const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' })
  const published = await readOrCreate(publicKeyFile(keyFile), () => publicKey)
  if (published !== publicKey) throw new Error(`${publicKeyFile(keyFile)} does not belong to ${keyFile}; put the right one back`)
  return { publicKey, sign: (text) => sign(null, Buffer.from(text), privateKey).toString('base64') }
}

/** Throws when the PEM is not a public key. */
export function parsePublicKey(pem: string): KeyObject {
  return createPublicKey(pem)
}

export function signatureHolds(text: string, signature: string, publicKey: KeyObject): boolean {
  return verify(null, Buffer.from(text), publicKey, Buffer.from(signature, 'base64'))
}

function newPrivateKey(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' })
}

/** Written whole under another name and linked, so that two processes at their first start get the same content. */
async function readOrCreate(path: string, make: () => string): Promise<string> {
  const known = await readIfThere(path)
  if (known !== null) return known
  await mkdir(dirname(path), { recursive: true })
  const draft = `${path}.${randomUUID()}.new`
  const file = await open(draft, 'wx', 0o600)
  try {
    await file.writeFile(make())
    await file.sync()
  } finally {
    await file.close()
  }
  try {
    await link(draft, path)
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error
  } finally {
    await rm(draft, { force: true })
  }
  return readFile(path, 'utf8')
}

export async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null
    throw error
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
