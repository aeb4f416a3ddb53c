import { readFileSync } from 'node:fs'
import { UnreachableError, createClient, type Client } from '@spark/contract/client'
import type { ExecutorHealth, Health } from '@spark/contract/health'
import type { Config } from '@spark/server/config'
import { apiOr } from './direct.ts'
import type { Output } from './output.ts'

/** What a process says of itself, or why it does not. */
export type Answer<T> = { health: T } | { problem: string }

const ASK_TIMEOUT_MS = 3000

export async function askApi(config: Config): Promise<Answer<Health>> {
  try {
    return { health: await apiClient(config).call('healthz') }
  } catch (error) {
    return { problem: (error as Error).message }
  }
}

export async function askExecutor(config: Config): Promise<Answer<ExecutorHealth>> {
  try {
    const response = await fetch(`${config.executorUrl}/health`, {
      signal: AbortSignal.timeout(ASK_TIMEOUT_MS),
      redirect: 'error',
    })
    return { health: (await response.json()) as ExecutorHealth }
  } catch (error) {
    return {
      problem: `${config.executorUrl}: ${(error as Error).name === 'TimeoutError' ? 'no answer within 3 s' : 'cannot be reached'}`,
    }
  }
}

/** Prometheus text of the executor. Rejects with UnreachableError. */
export async function askExecutorMetrics(config: Config): Promise<string> {
  const url = `${config.executorUrl}/metrics`
  const token = operatorToken(config)
  try {
    const response = await fetch(url, {
      headers: token === null ? {} : { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(ASK_TIMEOUT_MS),
      redirect: 'error',
    })
    return await response.text()
  } catch (error) {
    throw new UnreachableError(url, error)
  }
}

/** A client with the operator token of the data folder, or without one when there is none yet or it may not be read. */
export function apiClient(config: Config, timeoutMs = ASK_TIMEOUT_MS): Client {
  const token = operatorToken(config)
  return createClient({ baseUrl: config.apiUrl, timeoutMs, ...(token === null ? {} : { token }) })
}

/** By the API, and when it is down or cannot do it by `direct`: true then. */
export function throughApi(call: () => Promise<unknown>, output: Output, direct: () => Promise<void>): Promise<boolean> {
  return apiOr(
    async () => {
      await call()
      return false
    },
    output,
    async () => {
      await direct()
      return true
    },
  )
}

function operatorToken(config: Config): string | null {
  try {
    return readFileSync(`${config.dataDir}/operator.token`, 'utf8').trim()
  } catch {
    return null
  }
}
