import { expect, it } from 'vitest'
import { agoMs, createShownTime } from './shown-time.ts'

const SERVER_MS = 1_800_000_000_000

/** A browser whose own clock is a year behind. */
function browser() {
  let passedMs = 0
  let ticks: (() => void)[] = []
  const shown = createShownTime({
    browserMs: () => SERVER_MS - 365 * 86_400_000 + passedMs,
    monotonicMs: () => passedMs,
    every(ms, work) {
      expect(ms).toBe(1000)
      ticks.push(work)
      return () => (ticks = ticks.filter((one) => one !== work))
    },
  })
  const pass = (ms: number) => {
    const seconds = Math.floor((passedMs + ms) / 1000) - Math.floor(passedMs / 1000)
    passedMs += ms
    for (let second = 0; second < seconds; second++) for (const one of ticks) one()
  }
  return { shown, pass }
}

it('is the time of the server, whatever the browser takes for the time, and moves once a second', () => {
  const { shown, pass } = browser()
  shown.learn(SERVER_MS, 1)
  shown.subscribe(() => {})
  expect(shown.ms()).toBe(SERVER_MS)
  pass(900)
  expect(shown.ms()).toBe(SERVER_MS)
  pass(100)
  expect(shown.ms()).toBe(SERVER_MS + 1000)
})

it('runs as fast as the clock of the server', () => {
  const { shown, pass } = browser()
  shown.learn(SERVER_MS, 60)
  shown.subscribe(() => {})
  pass(2000)
  expect(shown.ms()).toBe(SERVER_MS + 120_000)
})

it('is right at once for who looks after a time in which nobody did', () => {
  const { shown, pass } = browser()
  shown.learn(SERVER_MS, 1)
  shown.subscribe(() => {})()
  pass(4000)
  let told = 0
  shown.subscribe(() => (told += 1))
  expect([shown.ms(), told]).toEqual([SERVER_MS + 4000, 1])
})

it('what happened since it was renewed was just now, and not in the future', () => {
  const { shown, pass } = browser()
  shown.learn(SERVER_MS, 60)
  shown.subscribe(() => {})
  pass(400)
  const alertedAt = SERVER_MS + 14_000
  expect(agoMs(alertedAt, shown.ms())).toBe(0)
  pass(600)
  expect(agoMs(alertedAt, shown.ms())).toBe(46_000)
})
