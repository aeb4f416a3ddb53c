import { useState } from 'react'

/** Whether something is open, as this browser remembers it. Where storage is refused (private windows) it lasts as long as the page. */
export function useLocalStorage(key: string, first: boolean): [boolean, (value: boolean) => void] {
  const [value, setValue] = useState(() => {
    const stored = readStored(key)
    return typeof stored === 'boolean' ? stored : first
  })
  return [
    value,
    (next) => {
      setValue(next)
      writeStored(key, next)
    },
  ]
}

/** Null: nothing that can be read is stored. */
export function readStored(key: string): unknown {
  try {
    const text = localStorage.getItem(key)
    return text === null ? null : JSON.parse(text)
  } catch {
    return null
  }
}

export function writeStored(key: string, value: unknown): void {
  try {
    localStorage.setItem(key, JSON.stringify(value))
  } catch {
    // Nothing depends on it.
  }
}
