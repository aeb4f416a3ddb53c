import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import { assertPrivate, readOrCreate } from '../../key-file.ts'

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
  await assertPrivate(keyFile)
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
