import { useSyncExternalStore } from 'react'
import { after } from './clock.ts'

/** A word about what a command did. Nothing that a page loads makes one. */
export interface Notice {
  id: number
  tone: 'done' | 'failed'
  text: string
  next: string | null
}

const SHOWN_MS = { done: 6000, failed: 20_000 }
const NOTICES_MAX = 4

let notices: readonly Notice[] = []
let lastId = 0
const listeners = new Set<() => void>()

function put(next: readonly Notice[]): void {
  notices = next
  for (const listener of listeners) listener()
}

export function notify(tone: Notice['tone'], text: string, next: string | null = null): void {
  const id = ++lastId
  put([...notices, { id, tone, text, next }].slice(-NOTICES_MAX))
  after(SHOWN_MS[tone], () => dismiss(id))
}

export function dismiss(id: number): void {
  put(notices.filter((one) => one.id !== id))
}

export function useNotices(): readonly Notice[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => notices,
  )
}
