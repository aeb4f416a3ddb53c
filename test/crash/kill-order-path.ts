import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { PREBUNDLED_MODULES } from '@spark/server/prebundle/prebundle'
import { isPostgresUrl } from '@spark/server/storage/postgres-url'
import { newDatabase, ROOT } from '../support/spark.ts'
import { checkBooks, type Place } from './check-books.ts'

const CHILD = fileURLToPath(new URL('./order-path-child.ts', import.meta.url))
/** Deaths that one folder goes through before its books are checked. */
const DEATHS_A_FOLDER = 12
/** Lives without a new point after which a chain ends; one of them meets a calm venue. */
const QUIET_LIVES = 3

interface Life {
  killed: boolean
  /** How many points it passed; 0 when it was killed. */
  points: number
}

/** With a server the book of the venue is in the main database, as in an executor. */
async function newPlace(): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'spark-kill-'))
  const databasePath = await newDatabase(folder)
  return { folder, databasePath, bookPath: isPostgresUrl(databasePath) ? databasePath : join(folder, 'paper-venue.db') }
}

function live(place: Place, seed: number, behaviour: 'well' | 'badly', at: string): Promise<Life> {
  const given = [place.folder, place.databasePath, place.bookPath, String(seed), behaviour, at]
  const child = spawn(process.execPath, ['--require', PREBUNDLED_MODULES, CHILD, ...given], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_COMPILE_CACHE: `${ROOT}node_modules/.cache/node-compile` },
  })
  let out = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  return new Promise((resolve, reject) => {
    child.once('close', (code, signal) => {
      if (signal === 'SIGKILL') resolve({ killed: true, points: 0 })
      else if (code === 0 && out !== '') resolve({ killed: false, points: (JSON.parse(out) as { points: number }).points })
      else reject(new Error(`a life ended with ${code} ${signal}: ${errors} ${out}`))
    })
  })
}

/** Gives a new folder life after life, then a last one to its end, and checks the books. */
async function inNewFolder(lives: (place: Place) => Promise<void>, seed: number): Promise<void> {
  const place = await newPlace()
  await lives(place)
  expect((await live(place, seed, 'well', 'none')).killed).toBe(false)
  await checkBooks(place)
  // A folder that does not pass is left for whoever looks for the reason.
  rmSync(place.folder, { recursive: true })
}

/** Two chains of lives at once keep two processors busy. */
const CHAINS = 2

/** Kills lives at await points, or at one of four, at which none was killed yet, until no chain meets a new one. Resolves with where they died. */
export async function killAtEveryPoint(which: 'new' | 'some'): Promise<string[]> {
  const sites = mkdtempSync(join(tmpdir(), 'spark-sites-'))
  const chain = async (number: number) => {
    const lives = { quiet: 0, all: 0 }
    // What did not happen by chance may happen in the next life: as many more are given as there are kinds of them.
    while (lives.quiet < QUIET_LIVES) {
      const endOfFolder = lives.all + DEATHS_A_FOLDER
      await inNewFolder(
        async (place) => {
          for (; lives.all < endOfFolder && lives.quiet < QUIET_LIVES; lives.all++) {
            const { killed } = await live(place, number * 10_000 + lives.all, 'badly', `${which}:${sites}`)
            lives.quiet = killed ? 0 : lives.quiet + 1
          }
        },
        number * 10_000 + lives.all,
      )
    }
  }
  await Promise.all(Array.from({ length: CHAINS }, (_, number) => chain(number)))
  const file = join(sites, 'sites.txt')
  const met = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
  rmSync(sites, { recursive: true })
  return met
}

/** Kills lives at random points. Resolves with how many died and how many points a life had at most. */
export async function killAtRandom(
  deaths: number,
  random: () => number,
  chains: number,
): Promise<{ died: number; points: number }> {
  const seen = { died: 0, points: 0 }
  const probe = await newPlace()
  seen.points = (await live(probe, 1, 'badly', 'none')).points
  rmSync(probe.folder, { recursive: true })
  const chain = async (number: number) => {
    for (let round = 0; seen.died < deaths; round++)
      await inNewFolder(
        async (place) => {
          for (let death = 0; death < DEATHS_A_FOLDER && seen.died < deaths; death++) {
            const at = 1 + Math.floor(random() * seen.points)
            const { killed, points } = await live(place, number * 10_000 + round * 100 + death, 'badly', `point:${at}`)
            if (killed) seen.died += 1
            seen.points = Math.max(seen.points, points)
          }
        },
        number * 10_000 + round,
      )
  }
  await Promise.all(Array.from({ length: chains }, (_, number) => chain(number)))
  return seen
}
