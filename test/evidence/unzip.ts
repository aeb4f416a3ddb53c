import { inflateRawSync } from 'node:zlib'

/** The files of a ZIP by name, by its directory (PKWARE APPNOTE 4.3.12). A comment at the end is passed over. */
export function unzip(zip: Uint8Array): Record<string, Uint8Array> {
  const bytes = Buffer.from(zip)
  const end = bytes.lastIndexOf(Buffer.from('PK\u0005\u0006'))
  const files: Record<string, Uint8Array> = {}
  let at = bytes.readUInt32LE(end + 16)
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left--) {
    const [packed, nameLength] = [bytes.readUInt32LE(at + 20), bytes.readUInt16LE(at + 28)]
    const local = bytes.readUInt32LE(at + 42)
    const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28)
    files[bytes.toString('utf8', at + 46, at + 46 + nameLength)] = inflateRawSync(bytes.subarray(start, start + packed))
    at += 46 + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32)
  }
  return files
}
