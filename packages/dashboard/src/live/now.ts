import { useSyncExternalStore } from 'react'
import { browserMs, every, monotonicMs } from '../clock.ts'
import { createShownTime } from './shown-time.ts'

const shown = createShownTime({ browserMs, every, monotonicMs })

export const learnServerTime = shown.learn

/** The server's time, renewed once a second. */
export function useNow(): number {
  return useSyncExternalStore(shown.subscribe, shown.ms)
}
