import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import type { Command } from 'commander'
import { checkGolden } from '@spark/core/signal/golden'
import { GOLDEN } from '@spark/core/signal/golden-file'
import { ROOT_DIR, loadConfig, type Config } from '@spark/server/config'
import { openMainDatabase } from '@spark/server/storage/open-main-database'
import { CheckFailed, type Output } from '../output.ts'
import { askApi, askExecutor } from '../processes.ts'
import { table } from '../table.ts'
import { databaseIsThere, databaseName } from '@spark/server/storage/postgres-url'

interface Finding {
  what: string
  ok: boolean
  detail: string
  /** What to do, when it is not ok. */
  mend?: string
}

const FREE_BYTES_MIN = 500_000_000

export function doctorCommand(program: Command, output: Output): void {
  program
    .command('doctor')
    .description('Versions, paths, settings; what is wrong and how to mend it. Exit code 1 when something is.')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExample:\n  spark doctor')
    .action(async ({ json }: { json?: true }) => {
      const config = loadConfig()
      const findings = [
        nodeFinding(),
        goldenFinding(),
        ...folderFindings(config),
        ...secretFindings(config),
        ...(await databaseFindings(config)),
        ...(await processFindings(config)),
      ]
      for (const warning of config.warnings)
        findings.push({ what: 'setting', ok: false, detail: warning, mend: 'correct the name or unset it' })
      const ok = findings.every((finding) => finding.ok)
      if (json === true)
        output.line(
          JSON.stringify(
            { ok, version: config.version, buildSha: config.buildSha, root: ROOT_DIR, findings, settings: config.report },
            null,
            2,
          ),
        )
      else {
        output.line(`Spark ${config.version}, build ${config.buildSha}, in ${ROOT_DIR}\n`)
        output.line(
          table(
            ['check', 'result', 'detail'],
            findings.map((finding) => [
              finding.what,
              finding.ok ? 'ok' : 'WRONG',
              finding.ok || finding.mend === undefined ? finding.detail : `${finding.detail} -> ${finding.mend}`,
            ]),
          ),
        )
        output.line('')
        output.line(
          table(
            ['setting', 'value', 'from', 'meaning'],
            config.report.map((one) => [one.name, one.value === '' ? '-' : one.value, one.source, one.meaning]),
          ),
        )
      }
      if (!ok) throw new CheckFailed('')
    })
}

function nodeFinding(): Finding {
  const major = Number(process.versions.node.split('.')[0])
  return {
    what: 'node',
    ok: major >= 26,
    detail: `${process.version}, SQLite ${process.versions['sqlite'] ?? 'unknown'}`,
    mend: 'run bin/spark or npm scripts, which use the Node of package.json',
  }
}

function goldenFinding(): Finding {
  const difference = checkGolden(GOLDEN)
  return {
    what: 'golden file',
    ok: difference === null,
    detail: difference === null ? 'this build scores bit for bit as the golden file says' : JSON.stringify(difference),
    mend: 'do not trade with this build',
  }
}

function folderFindings(config: Config): Finding[] {
  if (!existsSync(config.dataDir))
    return [{ what: 'data folder', ok: true, detail: `${config.dataDir} will be made at the first start` }]
  try {
    accessSync(config.dataDir, constants.W_OK)
  } catch {
    return [
      {
        what: 'data folder',
        ok: false,
        detail: `${config.dataDir} cannot be written`,
        mend: 'give this user the right to write there, or set SPARK_DATA_DIR',
      },
    ]
  }
  const { bavail, bsize } = statfsSync(config.dataDir)
  const free = bavail * bsize
  return [
    {
      what: 'data folder',
      ok: free > FREE_BYTES_MIN,
      detail: `${config.dataDir}, ${(free / 1e9).toFixed(1)} GB free`,
      mend: 'free some space: with none left, nothing is answered',
    },
    ...openFolderFindings(config.dataDir),
  ]
}

function openFolderFindings(dataDir: string): Finding[] {
  const mode = statSync(dataDir).mode & 0o777
  if ((mode & 0o077) === 0) return []
  return [
    {
      what: 'data folder',
      ok: false,
      detail: `others can look into ${dataDir} (mode ${mode.toString(8)}), and the databases in it are not closed to them`,
      mend: `chmod 700 ${dataDir}`,
    },
  ]
}

function secretFindings(config: Config): Finding[] {
  const secrets = {
    'operator.token': `${config.dataDir}/operator.token`,
    'executor.token': `${config.dataDir}/executor.token`,
    'signing.key': config.signingKeyFile,
    'master.key': config.masterKeyFile,
  }
  return Object.entries(secrets).flatMap(([name, path]) => {
    if (!existsSync(path)) return []
    const mode = statSync(path).mode & 0o777
    return [{ what: name, ok: (mode & 0o077) === 0, detail: `${path}, mode ${mode.toString(8)}`, mend: `chmod 600 ${path}` }]
  })
}

async function databaseFindings(config: Config): Promise<Finding[]> {
  if (!databaseIsThere(config.databasePath))
    return [{ what: 'database', ok: true, detail: `${config.databasePath} will be made at the first start` }]
  try {
    const database = await openMainDatabase({ path: config.databasePath, thread: false })
    const streams = await database.db
      .selectFrom('candle')
      .select((all) => all.fn.countAll<number>().as('candles'))
      .executeTakeFirstOrThrow()
    await database.close()
    return [{ what: 'database', ok: true, detail: `${databaseName(config.databasePath)}, ${streams.candles} candles` }]
  } catch (error) {
    return [{ what: 'database', ok: false, detail: (error as Error).message, mend: 'see the message' }]
  }
}

async function processFindings(config: Config): Promise<Finding[]> {
  const [api, executor] = await Promise.all([askApi(config), askExecutor(config)])
  const asFinding = async (what: string, answer: typeof api, port: number): Promise<Finding> => {
    if ('health' in answer) {
      const same = answer.health.buildSha === config.buildSha
      const detail = `pid ${answer.health.pid}, build ${answer.health.buildSha.slice(0, 12)}${answer.health.ok ? '' : `; ${answer.health.detail ?? ''}`}`
      return {
        what,
        ok: answer.health.ok && same,
        detail,
        mend: same ? 'see the message' : `it runs another build than this checkout: spark restart ${what}`,
      }
    }
    const taken = await portTaken(config.host, port)
    return taken
      ? {
          what,
          ok: false,
          detail: `port ${port} is taken by something that is not Spark or hangs (${answer.problem})`,
          mend: `find it with: ss -ltnp 'sport = :${port}'`,
        }
      : { what, ok: true, detail: `not running (port ${port} is free)` }
  }
  return [await asFinding('api', api, config.apiPort), await asFinding('executor', executor, config.executorPort)]
}

function portTaken(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1000 })
    const end = (taken: boolean) => {
      socket.destroy()
      resolve(taken)
    }
    socket.once('connect', () => end(true))
    socket.once('timeout', () => end(true))
    socket.once('error', () => end(false))
  })
}
