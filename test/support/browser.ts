import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliDecompressSync } from 'node:zlib'
import { chromium, type Browser } from 'playwright-core'
import { ROOT } from './spark.ts'

const PACKAGE = `${ROOT}node_modules/@sparticuz/chromium`

/**
 * Unpacks the Chromium of the npm package once a version, below node_modules: no download, no root. Its own launch
 * arguments are for a cloud function (--single-process crashes contexts) and are not used.
 */
function unpackChromium(): { executable: string; libraries: string; fonts: string } {
  const { version } = JSON.parse(readFileSync(`${PACKAGE}/package.json`, 'utf8')) as { version: string }
  const folder = `${ROOT}node_modules/.cache/chromium-${version}`
  if (!existsSync(folder)) {
    mkdirSync(`${ROOT}node_modules/.cache`, { recursive: true })
    const draft = mkdtempSync(`${ROOT}node_modules/.cache/chromium-`)
    writeFileSync(join(draft, 'chromium'), brotliDecompressSync(readFileSync(`${PACKAGE}/bin/chromium.br`)), { mode: 0o755 })
    for (const name of ['al2023', 'fonts']) {
      const tar = join(draft, `${name}.tar`)
      writeFileSync(tar, brotliDecompressSync(readFileSync(`${PACKAGE}/bin/${name}.tar.br`)))
      if (spawnSync('tar', ['xf', tar, '-C', draft]).status !== 0) throw new Error(`${tar} could not be unpacked`)
      rmSync(tar)
    }
    writeFileSync(
      join(draft, 'fonts.conf'),
      `<fontconfig><dir>${folder}/fonts</dir><dir>/usr/share/fonts</dir><cachedir>${folder}/font-cache</cachedir></fontconfig>`,
    )
    try {
      renameSync(draft, folder)
    } catch (error) {
      // Another run was faster.
      if (!existsSync(folder)) throw error
      rmSync(draft, { recursive: true })
    }
  }
  return { executable: join(folder, 'chromium'), libraries: join(folder, 'lib'), fonts: join(folder, 'fonts.conf') }
}

/** A headless Chromium that talks to this machine only. `env`: what its environment says beside that of the tests. */
export async function launchBrowser(env: Record<string, string> = {}): Promise<Browser> {
  const { executable, libraries, fonts } = unpackChromium()
  return chromium.launch({
    executablePath: executable,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--headless=new',
    ],
    env: {
      ...process.env,
      LD_LIBRARY_PATH: libraries,
      FONTCONFIG_FILE: fonts,
      HOME: mkdtempSync(join(tmpdir(), 'spark-browser-')),
      ...env,
    },
  })
}
