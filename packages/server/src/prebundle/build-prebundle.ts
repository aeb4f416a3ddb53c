import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { packageFile, prebundledUrls, prebundleFolder, type Prebundle } from './prebundle.ts'

/**
 * Gathers all that a package exports into a few files, which share what they have in common. What is there of the same version stays: a
 * process may be reading it (npx, too, runs the script of an installation).
 */
export async function buildPrebundle(modules: string, name: string): Promise<void> {
  const { version, exports } = JSON.parse(readFileSync(packageFile(modules, name), 'utf8')) as {
    version: string
    exports: object
  }
  if (prebundledUrls(modules).has(name)) return
  const files = Object.fromEntries(
    Object.keys(exports).map((path) => [join(name, path), `${join(name, path).replaceAll('/', '-')}.js`]),
  )
  const folder = prebundleFolder(modules, name)
  const draft = `${folder}.draft`
  const bundle = await rolldown({
    cwd: join(modules, name),
    platform: 'node',
    input: Object.fromEntries(Object.entries(files).map(([specifier, file]) => [file, specifier])),
  })
  await bundle.write({ dir: draft, format: 'esm', entryFileNames: '[name]', chunkFileNames: 'shared-[hash].js', cleanDir: true })
  await bundle.close()
  writeFileSync(join(draft, 'package.json'), '{"type":"module"}')
  writeFileSync(join(draft, 'prebundle.json'), JSON.stringify({ version, files } satisfies Prebundle))
  rmSync(folder, { recursive: true, force: true })
  renameSync(draft, folder)
}
