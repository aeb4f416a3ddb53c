import { appendFileSync, renameSync, statSync } from 'node:fs'

/** The file is renamed to FILE.1, in place of the one before, when the next line would make it larger: twice this in all. */
export const LOG_BYTES_MAX = 1_000_000

export interface AlertLog {
  /** Appends a line. What cannot be written is told once, until it can be again. */
  write(line: string): void
}

export function openAlertLog(path: string, onProblem: (problem: string) => void, bytesMax = LOG_BYTES_MAX): AlertLog {
  let told = false
  return {
    write(line) {
      const text = `${line}\n`
      try {
        if (sizeOf(path) + Buffer.byteLength(text) > bytesMax) renameSync(path, `${path}.1`)
        appendFileSync(path, text)
        told = false
      } catch (error) {
        if (!told) onProblem(`${path} cannot be written (${(error as Error).message}); the lines are shown only`)
        told = true
      }
    },
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
