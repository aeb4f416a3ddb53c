// Preloaded with NODE_OPTIONS=--import: a process of Spark throws an uncaught error when the file CRASH_FILE-api or
// CRASH_FILE-executor appears.
import { existsSync, rmSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

const [, name] = /\/(api|executor)\/main\.ts$/.exec(process.argv[1] ?? '') ?? []
const file = `${process.env['CRASH_FILE'] ?? ''}-${name}`
if (name !== undefined && isMainThread)
  setInterval(() => {
    if (!existsSync(file)) return
    rmSync(file)
    throw new Error('crash on demand')
  }, 50).unref()
