import { chmodSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { openSecretBox } from './secret-box.ts'
import { temporaryFolder } from './storage/temporary-folder.ts'

it('what is sealed can be opened with the same key and context only, and every changed bit is found', async () => {
  const box = await openSecretBox(join(temporaryFolder(), 'master.key'))
  const other = await openSecretBox(join(temporaryFolder(), 'master.key'))
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.nat(), (text, context, at) => {
      const sealed = box.seal(text, context)
      expect(box.open(sealed, context)).toBe(text)
      expect(() => box.open(sealed, `${context}x`)).toThrow('Unsupported state')
      expect(() => other.open(sealed, context)).toThrow('Unsupported state')
      const bytes = Buffer.from(sealed, 'base64')
      const place = at % bytes.length
      bytes[place] = (bytes[place] ?? 0) ^ 1
      expect(() => box.open(bytes.toString('base64'), context)).toThrow('Unsupported state')
    }),
  )
  expect(box.seal('same', '')).not.toBe(box.seal('same', ''))
})

it('makes the key with mode 0600, and refuses one that others can read, and what is no key', async () => {
  const file = join(temporaryFolder(), 'keys', 'master.key')
  const sealed = (await openSecretBox(file)).seal('a', 'b')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect((await openSecretBox(file)).open(sealed, 'b')).toBe('a')
  chmodSync(file, 0o644)
  await expect(openSecretBox(file)).rejects.toThrow('chmod 600')
  const wrong = join(temporaryFolder(), 'master.key')
  writeFileSync(wrong, 'short', { mode: 0o600 })
  await expect(openSecretBox(wrong)).rejects.toThrow('no master key')
})
