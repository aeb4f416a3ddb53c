import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { parse } from 'yaml'
import { ROOT_DIR } from './config.ts'
import { SETTINGS, parseSettings, type Setting } from './settings.ts'
import { LIVE_SETTINGS } from './storage/live-setting-store.ts'

// For tests: how packaging/ is read, and what holds for the settings of all of it.

export const INSTALLED = '/opt/spark'
export const DATA_DIR = '/var/lib/spark'
export const SETTING_LIST: readonly Setting<unknown>[] = Object.values(SETTINGS)
export const PORTS = { api: Number(SETTINGS.apiPort.fallback), executor: Number(SETTINGS.executorPort.fallback) }
/** Set for Node, not for Spark. */
const OF_NODE = 'NODE_COMPILE_CACHE'

export const readPackaging = (path: string) => readFileSync(join(ROOT_DIR, 'packaging', path), 'utf8')
export const here = (path: string) => path.replaceAll(INSTALLED, ROOT_DIR)

export const namesUnknown = (env: object) =>
  Object.keys(env).filter((name) => name !== OF_NODE && !SETTING_LIST.some((one) => one.name === name))

/** Every name is a setting, and the values are right as they stand. */
export function expectSettings(env: Record<string, string>): void {
  expect(Object.keys(env).length).toBeGreaterThan(0)
  expect(namesUnknown(env)).toEqual([])
  expect(parseSettings(env).problems).toEqual([])
  // At a restart they would take back what was approved since.
  expect(LIVE_SETTINGS.filter((name) => name in env)).toEqual([])
}

export interface ComposeService {
  environment: Record<string, string>
  ports: string[]
  volumes: string[]
  [key: string]: unknown
}

export function readCompose(path: string): { services: Record<string, ComposeService>; volumes: object } {
  return parse(readPackaging(path), { merge: true }) as { services: Record<string, ComposeService>; volumes: object }
}

/** `${NAME:-default}` and `${NAME:?why}`, as compose fills them in. Throws where a value is demanded and not given. */
export function composeValues(environment: Record<string, string>, given: Record<string, string> = {}): Record<string, string> {
  const fill = (text: string) =>
    text.replaceAll(/\$\{(\w+):([-?])([^}]*)\}/g, (_, name: string, kind: string, rest: string) => {
      if (given[name] === undefined && kind === '?') throw new Error(`${name}: ${rest}`)
      return given[name] ?? rest
    })
  return Object.fromEntries(Object.entries(environment).map(([name, text]) => [name, fill(text)]))
}
