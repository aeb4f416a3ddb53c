/** One ZIP holds a report and all that it was made of. The manifest names each file; the signature of the archive is its comment. */
export const MANIFEST = 'manifest.json'
/** Ed25519 over the bytes of the manifest, base64: for whoever has unpacked the archive. */
export const MANIFEST_SIGNATURE = 'manifest.sig'
/** An Ed25519 signature in base64. */
export const SIGNATURE_CHARACTERS = 88

export interface Manifest {
  version: 1
  report: string
  preparedMs: number
  buildSha: string
  featureVersion: string
  modelVersion: string
  files: { name: string; bytes: number; sha256: string }[]
}

/** What the comment signs: every byte of the archive before it, so that nothing can be changed, removed, added or moved. */
export function archiveText(sha256OfAllBefore: string): string {
  return `spark evidence\n${sha256OfAllBefore}`
}
