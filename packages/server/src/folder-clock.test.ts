import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from './clock.ts'
import { ConfigError } from './config.ts'
import { CLOCK_FILE, folderClock, startFolderClock } from './folder-clock.ts'

let dataDir: string
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'spark-clock-'))
})
afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

const start = (clockSpeed: number, maySwitch = false) => startFolderClock({ dataDir, clockSpeed }, maySwitch)
const anchored = () => JSON.parse(readFileSync(join(dataDir, CLOCK_FILE), 'utf8')) as { fastMs: number; realMs: number }
/** As if it had run `hours` of real time ago. */
const age = (hours: number) => {
  const { fastMs, realMs, ...rest } = anchored()
  const ms = hours * 3_600_000
  writeFileSync(join(dataDir, CLOCK_FILE), JSON.stringify({ fastMs: fastMs - ms, realMs: realMs - ms, ...rest }))
}

function problemOf(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.join('\n')
    throw error
  }
  return 'none'
}

describe('the time of a data folder', () => {
  it('is real time, without a file, unless a start asks for more', () => {
    expect(start(1)).toBe(systemClock)
    expect(folderClock({ dataDir })).toBe(systemClock)
    expect(readdirSync(dataDir)).toEqual([])
  })

  it('makes a data folder that is not there, closed to others', () => {
    const fresh = join(dataDir, 'fresh')
    startFolderClock({ dataDir: fresh, clockSpeed: 60 }, true)
    expect(statSync(fresh).mode & 0o777).toBe(0o700)
  })

  it('begins at the real time and is one for all who start on it or look at it, with no draft left behind', () => {
    const before = Date.now()
    const clocks = [start(60), start(60), folderClock({ dataDir })]
    expect(anchored().fastMs).toBeGreaterThanOrEqual(before)
    expect(readdirSync(dataDir)).toEqual([CLOCK_FILE])
    age(1)
    const later = [start(60), folderClock({ dataDir })]
    // Read one after the other within some real milliseconds.
    for (const clock of later) expect(Math.abs(clock.nowMs() - (Date.now() + 59 * 3_600_000))).toBeLessThan(60_000)
    expect(clocks.every(({ speed }) => speed === 60)).toBe(true)
  })

  it('goes on from where it is when spark up changes the speed, and never back', () => {
    start(60, true)
    age(1)
    const aheadMs = folderClock({ dataDir }).nowMs()
    const slower = start(2, true)
    expect(slower.speed).toBe(2)
    expect(slower.nowMs()).toBeGreaterThanOrEqual(aheadMs)
    expect(slower.nowMs()).toBeLessThan(aheadMs + 60_000)
    expect(folderClock({ dataDir }).speed).toBe(2)
    expect(readdirSync(dataDir)).toEqual([CLOCK_FILE])
  })

  it('is changed by nobody beside spark up', () => {
    start(60, true)
    expect(problemOf(() => start(30))).toBe(
      `SPARK_CLOCK_SPEED is "30", but the time of ${dataDir} runs 60 times as fast; set 60, or change it with spark up`,
    )
    expect(folderClock({ dataDir }).speed).toBe(60)
  })

  it('cannot be real time again, because that lies before what is stored', () => {
    start(60, true)
    const problem = problemOf(() => start(1, true))
    expect(problem).toContain('SPARK_CLOCK_SPEED is "1"')
    expect(problem).toContain('set SPARK_CLOCK_SPEED from 2 to 60 to go on, or start with another SPARK_DATA_DIR')
  })

  it.each(['', '{', '5', '{"fastMs":1,"realMs":2}', '{"fastMs":1,"realMs":2,"speed":1}'])(
    'is not guessed when its file holds %j',
    (text) => {
      writeFileSync(join(dataDir, CLOCK_FILE), text)
      expect(problemOf(() => start(60, true))).toContain('does not hold the time of this folder')
      expect(problemOf(() => folderClock({ dataDir }))).toContain('does not hold the time of this folder')
    },
  )
})
