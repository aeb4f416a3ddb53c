import type { WriteStream } from 'node:tty'

export interface Screen {
  draw(lines: readonly string[]): void
  /** Puts the terminal back as it was; a second time does nothing. */
  close(): void
}

/** Alternate screen, cursor off: what was on the terminal before comes back. */
const ENTER = '\u001b[?1049h\u001b[?25l'
const LEAVE = '\u001b[?25h\u001b[?1049l'

export function openScreen(terminal: Pick<WriteStream, 'write' | 'rows'>): Screen {
  let closed = false
  terminal.write(ENTER)
  const close = () => {
    if (closed) return
    closed = true
    terminal.write(LEAVE)
  }
  // Also when a defect ends the process.
  process.once('exit', close)
  return {
    draw(lines) {
      if (closed) return
      const { rows } = terminal
      const left = lines.length - rows
      const shown = left > 0 ? [...lines.slice(0, rows - 1), `… ${left + 1} more lines: make the window taller`] : lines
      // Each line cleared to its end, and what is below it: nothing flickers.
      terminal.write(`\u001b[H${shown.map((line) => `${line}\u001b[K`).join('\r\n')}\u001b[J`)
    },
    close() {
      process.off('exit', close)
      close()
    },
  }
}
