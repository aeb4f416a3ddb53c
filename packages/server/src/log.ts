import { pino, type Logger, type LoggerOptions } from 'pino'
import { systemClock } from './clock.ts'
import { createLogOutput, type LogOutput } from './log-output.ts'
import { createRepeatedLines } from './repeated-lines.ts'
import { StorageError } from './storage/storage-error.ts'

export type Log = Logger

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** The newest lines that an operator looks for when something is wrong. */
export interface RecentLines {
  add(line: string): void
  /** Oldest first. */
  list(): string[]
}

const LINES_KEPT = 200
const LINE_CHARACTERS_MAX = 2000
const WORTH_KEEPING = /^\{"level":"(warn|error|fatal)"/

export function createRecentLines(): RecentLines {
  const lines: string[] = []
  return {
    add(line) {
      if (!WORTH_KEEPING.test(line)) return
      lines.push(line.trimEnd().slice(0, LINE_CHARACTERS_MAX))
      if (lines.length > LINES_KEPT) lines.shift()
    },
    list: () => [...lines],
  }
}

/** Secrets of this process, as they stand in a line. */
const hidden = new Set<string>()

/** From now on no log of this process holds these texts, whoever repeats them. */
export function hideInLogs(secrets: readonly string[]): void {
  for (const secret of secrets) hidden.add(JSON.stringify(secret).slice(1, -1))
}

/**
 * JSON lines on standard output: level, time (ISO 8601), process, msg. Headers and bodies are never logged; the list below is the
 * second net. Each line is given to `recent` as well. The same word that storage is away is said at most every 10 s, with `repeated`:
 * how often it was left out before.
 */
export function createLog(processName: string, level: LogLevel, recent?: RecentLines): Log {
  return pino(optionsOf(processName, level, recent), standardOutput())
}

/** Its descriptor; a worker thread has no process.stdout.fd. */
const STANDARD_OUTPUT = 1
let output: LogOutput | null = null

/** One for all logs of the process. */
function standardOutput(): LogOutput {
  if (output !== null) return output
  const made = createLogOutput(STANDARD_OUTPUT)
  process.once('exit', () => made.end())
  return (output = made)
}

/** What a line says of storage that may come back, but for numbers (attempts, waits); null: it says something else. */
function awayText(fields: unknown, message: unknown): string | null {
  if (typeof fields !== 'object' || fields === null || !('err' in fields)) return null
  const { err, ...others } = fields
  if (!(err instanceof StorageError) || err.reason === 'corrupt' || err.reason === 'missing_file') return null
  const names = Object.entries(others).filter(([, value]) => typeof value !== 'number')
  return JSON.stringify([message, err.reason, err.path, names])
}

function optionsOf(processName: string, level: LogLevel, recent: RecentLines | undefined): LoggerOptions {
  const repeatedLines = createRepeatedLines(() => systemClock.monotonicMs())
  return {
    level,
    hooks: {
      logMethod(args, method) {
        const [fields, message] = args as unknown[]
        const text = awayText(fields, message)
        if (text === null) return method.apply(this, args)
        const repeated = repeatedLines.say(text)
        if (repeated === null) return
        if (repeated > 0) Object.assign(args, [{ ...(fields as object), repeated }])
        method.apply(this, args)
      },
      streamWrite(line) {
        let clean = line
        for (const secret of hidden) clean = clean.replaceAll(secret, '[removed]')
        recent?.add(clean)
        return clean
      },
    },
    base: { process: processName, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: {
      paths: [
        'token',
        '*.token',
        'authorization',
        '*.authorization',
        'headers',
        '*.headers',
        'cookie',
        '*.cookie',
        'password',
        '*.password',
        'secret',
        '*.secret',
        'apiKey',
        '*.apiKey',
      ],
      censor: '[redacted]',
    },
  }
}
