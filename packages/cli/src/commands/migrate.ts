import type { Command } from 'commander'
import { loadConfig } from '@spark/server/config'
import { folderClock } from '@spark/server/folder-clock'
import { readIfThere } from '@spark/server/key-file'
import { MigrateError } from '@spark/server/migrate-installation/migrate-error'
import type { Migration, Stage } from '@spark/server/migrate-installation/migrate-installation'
import { publicKeyFile } from '@spark/server/storage/audit/signing-key'
import { isPostgresUrl } from '@spark/server/storage/postgres-url'
import { timeText } from '../options.ts'
import { CheckFailed, orFailed, WrongUsage, type Output } from '../output.ts'
import { table } from '../table.ts'

/** spark migrate: on the files, while nothing runs. */
export function migrateCommand(program: Command, output: Output): void {
  program
    .command('migrate')
    .description(
      'Copies a stopped installation into an empty PostgreSQL database, and reads both again: counts, digests, the audit chain. The files are only read. Interrupted, the same command goes on.',
    )
    .requiredOption('--to <url>', 'postgres://USER@HOST:PORT/DATABASE; PGPASSWORD keeps a password out of the list of processes')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExample:\n  spark migrate --to postgres://spark@db.internal:5432/spark')
    .action(async ({ to, json }: { to: string; json?: true }) => {
      const url = serverUrl(to)
      const config = loadConfig()
      const { dataDir, databasePath } = config
      if (isPostgresUrl(databasePath))
        throw new WrongUsage('DATABASE_URL names a server already; unset it, or name the file to be copied: file:PATH')
      const publicKey = await readIfThere(publicKeyFile(config.signingKeyFile))
      const { migrateInstallation } = await import('@spark/server/migrate-installation/migrate-installation')
      const moved = await orFailed(
        MigrateError,
        migrateInstallation({
          dataDir,
          databasePath,
          url,
          publicKey,
          clock: folderClock(config),
          onBegin: (target, begunAt) => output.note(beginning(databasePath, target, begunAt)),
          onStage: (stage) => output.note(stageText(stage)),
        }),
      )
      const ok = moved.differences.length === 0
      if (json === true) output.line(JSON.stringify({ ok, ...moved }, null, 2))
      else output.line(resultText(moved))
      if (!ok) throw new CheckFailed(differenceText(moved))
    })
}

function serverUrl(text: string): string {
  const path = URL.parse(text)?.pathname ?? ''
  if (!isPostgresUrl(text) || path.length < 2) throw new WrongUsage('--to: must be postgres://USER@HOST:PORT/DATABASE')
  return text
}

function beginning(databasePath: string, target: string, begunAt: number | null): string {
  if (begunAt === null) return `Copying ${databasePath} and the audit beside it into ${target}.`
  return `Going on with the copy into ${target} that was begun at ${timeText(begunAt)}.`
}

function stageText({ name, rows, seconds }: Stage): string {
  const rate = rows === 0 ? '' : `, ${Math.round(rows / Math.max(seconds, 0.001))} rows/s`
  return `${name}: ${rows} rows in ${seconds.toFixed(2)} s${rate}`
}

function resultText({ target, stages, parts, chains, checkpoints, differences }: Migration): string {
  const copied = parts.map(({ part, rows, digest }) => [
    part,
    String(rows.source),
    String(rows.target),
    digest.source.slice(0, 16),
    digest.source === digest.target ? 'equal' : 'NOT EQUAL',
  ])
  const lines = [table(['table', 'rows', 'copied', 'digest', ''], copied), '']
  const heads = chains.map(({ writer, source, target: copy }) => [
    writer,
    String(source.seq),
    source.hash.slice(0, 16),
    copy?.seq === source.seq && copy.hash === source.hash ? 'equal' : 'NOT EQUAL',
  ])
  if (heads.length > 0) lines.push(table(['chain', 'rows', 'head', ''], heads), '')
  const seconds = stages.reduce((sum, stage) => sum + stage.seconds, 0)
  if (differences.length === 0)
    lines.push(
      `${checkpoints} signed checkpoints checked; the audit in ${target} is whole.`,
      `The copy is the installation, in ${seconds.toFixed(1)} s. Keys, tokens and evidence stay in the data folder.`,
    )
  return lines.join('\n').trimEnd()
}

function differenceText({ target, differences }: Migration): string {
  const shown = differences.slice(0, 20)
  const more = differences.length > shown.length ? [`and ${differences.length - shown.length} more`] : []
  const next = `spark: ${target} is NOT the installation, and no Spark starts on it. The files are as they were: go on with them. See spark audit verify, then migrate into an empty database`
  return [...shown, ...more, next].join('\n')
}
