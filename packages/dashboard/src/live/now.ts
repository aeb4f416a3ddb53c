import { useSyncExternalStore } from 'react'
import { browserMs, every, monotonicMs } from '../clock.ts'
import { serverTime, type TimeMark } from './server-time.ts'

const SECOND_MS = 1000

let mark: TimeMark | null = null
const listeners = new Set<() => void>()
let stop: (() => void) | null = null
let shownMs = read()

function read(): number {
  return mark === null ? browserMs() : serverTime(mark, monotonicMs())
}

export function learnServerTime(serverMs: number, speed: number): void {
  mark = { serverMs, atMonotonicMs: monotonicMs(), speed }
}

export function serverNowMs(): number {
  return read()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  stop ??= every(SECOND_MS, () => {
    shownMs = read()
    for (const one of listeners) one()
  })
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    stop?.()
    stop = null
  }
}

/** The server's time, renewed once a second: nothing on screen moves faster. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => shownMs)
}
