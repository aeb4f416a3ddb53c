import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { assertPrivate, readOrCreate } from './key-file.ts'

const KEY_BYTES = 32
/** 96 bits, drawn anew for each text: NIST SP 800-38D, 8.2.2. */
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** AES-256-GCM with the master key. */
export interface SecretBox {
  /** base64 of nonce, tag and ciphertext. `context` says what it is for, and must be the same when it is opened. */
  seal(text: string, context: string): string
  /** Throws when the key is another, the context is another, or a bit was changed. */
  open(sealed: string, context: string): string
}

/** Reads the master key, making it at the first use (0600). Rejects when others can read it, or when it is no key. */
export async function openSecretBox(keyFile: string): Promise<SecretBox> {
  const text = await readOrCreate(keyFile, () => `${randomBytes(KEY_BYTES).toString('base64')}\n`)
  await assertPrivate(keyFile)
  const key = Buffer.from(text.trim(), 'base64')
  if (key.length !== KEY_BYTES) throw new Error(`${keyFile} is no master key: it must hold ${KEY_BYTES} bytes in base64`)
  return {
    seal(plain, context) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context))
      const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64')
    },
    open(sealed, context) {
      const bytes = Buffer.from(sealed, 'base64')
      const nonce = bytes.subarray(0, NONCE_BYTES)
      const tag = bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES)
      const decipher = createDecipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context)).setAuthTag(tag)
      return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]).toString('utf8')
    },
  }
}
