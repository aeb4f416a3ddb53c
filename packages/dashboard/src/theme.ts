import { readStored, writeStored } from './local-storage.ts'

export type Theme = 'light' | 'dark'

const KEY = 'spark-theme'

/** What the reader chose; null: as the system says. */
export function applyStoredTheme(): void {
  const theme = readStored(KEY)
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset['theme'] = theme
}

export function shownTheme(): Theme {
  const chosen = document.documentElement.dataset['theme']
  if (chosen === 'light' || chosen === 'dark') return chosen
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
}

const listeners = new Set<() => void>()

export function switchTheme(): void {
  const next = shownTheme() === 'dark' ? 'light' : 'dark'
  document.documentElement.dataset['theme'] = next
  writeStored(KEY, next)
  for (const listener of listeners) listener()
}

/** For what paints its own pixels: canvases must be painted again. */
export function onThemeChange(listener: () => void): () => void {
  const system = matchMedia('(prefers-color-scheme: dark)')
  listeners.add(listener)
  system.addEventListener('change', listener)
  return () => {
    listeners.delete(listener)
    system.removeEventListener('change', listener)
  }
}

/** A token of styles.css as a colour that a canvas understands. */
export function tokenColour(name: string): string {
  const probe = document.createElement('span')
  probe.style.color = `var(--${name})`
  document.body.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}
