import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createFastClock, fastNowMs, systemClock, type Clock, type ClockAnchor } from './clock.ts'
import { ConfigError, type Config } from './config.ts'

/** Beside the databases whose times it explains. Absent: the folder has always lived in real time. */
export const CLOCK_FILE = 'clock.json'

/**
 * The time of a data folder, for whoever reads or writes in it beside Spark's processes: a brake pulled from a shell without
 * SPARK_CLOCK_SPEED still is in the folder's time. Throws ConfigError when the file cannot be read.
 */
export function folderClock({ dataDir }: Pick<Config, 'dataDir'>): Clock {
  const anchor = readAnchor(dataDir)
  return anchor === null ? systemClock : createFastClock(systemClock, anchor)
}

/**
 * The folder's time for a process that starts on it: whoever is first anchors it, all others take that anchor. Only `spark up`
 * (`maySwitch`), which is alone on the folder, changes the speed: time goes on from where it is. Throws ConfigError when that would
 * put two speeds, or times of the future, into one folder.
 */
export function startFolderClock({ dataDir, clockSpeed }: Pick<Config, 'dataDir' | 'clockSpeed'>, maySwitch: boolean): Clock {
  let anchor = readAnchor(dataDir)
  if (anchor === null && clockSpeed === 1) return systemClock
  if (clockSpeed === 1)
    throw new ConfigError([
      `SPARK_CLOCK_SPEED is "1", but ${dataDir} has been run faster: its times lie ahead of the real ones for good; set SPARK_CLOCK_SPEED from 2 to 60 to go on, or start with another SPARK_DATA_DIR`,
    ])
  anchor ??= firstAnchor(dataDir, clockSpeed)
  if (anchor.speed !== clockSpeed) {
    if (!maySwitch)
      throw new ConfigError([
        `SPARK_CLOCK_SPEED is "${clockSpeed}", but the time of ${dataDir} runs ${anchor.speed} times as fast; set ${anchor.speed}, or change it with spark up`,
      ])
    const nowMs = systemClock.nowMs()
    anchor = { fastMs: fastNowMs(anchor, nowMs), realMs: nowMs, speed: clockSpeed }
    const draft = writeDraft(dataDir, anchor)
    renameSync(draft, join(dataDir, CLOCK_FILE))
  }
  return createFastClock(systemClock, anchor)
}

/** Made whole or not at all; of several at once one wins, and all go by its anchor. */
function firstAnchor(dataDir: string, speed: number): ClockAnchor {
  const nowMs = systemClock.nowMs()
  const own = { fastMs: nowMs, realMs: nowMs, speed }
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const draft = writeDraft(dataDir, own)
  try {
    linkSync(draft, join(dataDir, CLOCK_FILE))
    return own
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return readAnchor(dataDir) ?? own
  } finally {
    rmSync(draft)
  }
}

function writeDraft(dataDir: string, anchor: ClockAnchor): string {
  const draft = join(dataDir, `${CLOCK_FILE}.${process.pid}`)
  writeFileSync(draft, `${JSON.stringify(anchor)}\n`, { mode: 0o600, flush: true })
  return draft
}

function readAnchor(dataDir: string): ClockAnchor | null {
  const path = join(dataDir, CLOCK_FILE)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  const anchor = anchorOf(text)
  // Real time instead would lie before what is stored.
  if (anchor === null)
    throw new ConfigError([
      `${path} does not hold the time of this folder; put it back from a backup, it is {"fastMs":…,"realMs":…,"speed":…}`,
    ])
  return anchor
}

function anchorOf(text: string): ClockAnchor | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  if (typeof value !== 'object' || value === null) return null
  const { fastMs, realMs, speed } = value as Record<string, unknown>
  if (!isTime(fastMs) || !isTime(realMs) || !isTime(speed) || speed < 2) return null
  return { fastMs, realMs, speed }
}

const isTime = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value)
