/** Keys that a person presses, one by one and unseen, until closed. Null when standard input is no terminal. */
export function openKeys(onKey: (key: string) => void): { close(): void } | null {
  const { stdin } = process
  if (!stdin.isTTY) return null
  const listener = (text: string) => onKey(text)
  stdin.setRawMode(true)
  stdin.setEncoding('utf8').on('data', listener).resume()
  return {
    close() {
      stdin.off('data', listener)
      stdin.setRawMode(false)
      stdin.pause()
    },
  }
}

/** In raw mode Ctrl-C is a key like others. */
export const endsIt = (key: string): boolean => key === 'q' || key === '\u0003' || key === '\u0004'
