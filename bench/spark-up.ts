import { systemClock } from '@spark/server/clock'
import { freePort } from '@spark/server/free-port-fixture'
import { healthy, startSpark } from './processes.ts'

export interface SparkUp {
  supervisorPid: number
  apiPid: number
  executorPid: number
  apiUrl: string
  /** From the start of bin/spark until both processes answered that they are healthy. */
  healthyMs: number
  apiHealthyMs: number
  executorHealthyMs: number
  stop: () => Promise<void>
}

/** `spark up` as its user starts it, with the simulated market, on free ports. */
export async function sparkUp(dataDir: string, env: Record<string, string> = {}): Promise<SparkUp> {
  const [apiPort, executorPort] = [await freePort(), await freePort()]
  const apiUrl = `http://127.0.0.1:${apiPort}/api/healthz`
  const startedMs = systemClock.monotonicMs()
  const { child, stop } = startSpark(['up'], {
    SPARK_DATA_DIR: dataDir,
    SPARK_API_PORT: String(apiPort),
    SPARK_EXECUTOR_PORT: String(executorPort),
    ...env,
  })
  const timed = async (url: string) => ({ pid: await healthy(url), ms: systemClock.monotonicMs() - startedMs })
  const [api, executor] = await Promise.all([timed(apiUrl), timed(`http://127.0.0.1:${executorPort}/health`)])
  return {
    supervisorPid: child.pid ?? 0,
    apiPid: api.pid,
    executorPid: executor.pid,
    apiUrl,
    healthyMs: Math.max(api.ms, executor.ms),
    apiHealthyMs: api.ms,
    executorHealthyMs: executor.ms,
    stop,
  }
}
