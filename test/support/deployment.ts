import { eventually, healthy, type Spark, type SparkProcess } from './spark.ts'

interface Worker {
  name: string
  pid: number
  state: string
  canary: boolean
  sha: string
}
interface Status {
  supervisor: { workers: Worker[]; executor: { sha: string; pid: number } }
}

export async function statusOf(spark: Spark): Promise<Status['supervisor']> {
  const { stdout } = await spark.run('status', '--json')
  return (JSON.parse(stdout) as Status).supervisor
}
export const servingOf = async (spark: Spark) => (await statusOf(spark)).workers.filter(({ state }) => state === 'serving')
/** Of the builds that serve. */
export const shasOf = async (spark: Spark) => (await servingOf(spark)).map(({ sha }) => sha)

/** Several workers of the api and the executor, healthy. */
export async function startUp(spark: Spark, workers: number): Promise<SparkProcess> {
  spark.env['SPARK_API_WORKERS'] = String(workers)
  const up = spark.start('up')
  await eventually('up', 30_000, async () => up.log().includes('Workers of the API: '))
  await healthy(spark)
  await healthy(spark, 'executor')
  return up
}

/** deploy.sh to its end. */
export async function deploy(spark: Spark, ...args: string[]): Promise<{ code: number | null; log: string }> {
  const process_ = spark.startDeploy(...args)
  const code = await process_.ended
  return { code, log: process_.log() }
}
