import { useSyncExternalStore } from 'react'

/** Which dialog asks the reader who they are: `sign-in` for name and password, `password` for the password again. */
export type Asked = 'sign-in' | 'password'

let asked: Asked | null = null
let answer: ((given: boolean) => void) | null = null
const listeners = new Set<() => void>()

function put(next: Asked | null): void {
  asked = next
  for (const listener of listeners) listener()
}

/** Opens the dialog. Resolves with whether it was answered. */
export function ask(what: Asked): Promise<boolean> {
  answer?.(false)
  return new Promise((resolve) => {
    answer = resolve
    put(what)
  })
}

export function answerAsked(given: boolean): void {
  answer?.(given)
  answer = null
  put(null)
}

export function useAsked(): Asked | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => asked,
  )
}
