import { basename, join, resolve } from 'node:path'
import type { Command } from 'commander'
import { pruneBackups, restoreBackup, takeBackup, verifyBackup, type Manifest } from '@spark/server/backup/backup'
import { BackupError } from '@spark/server/backup/copy-database'
import { loadConfig } from '@spark/server/config'
import { folderClock } from '@spark/server/folder-clock'
import { systemRandomness } from '@spark/server/random'
import { timeText, typedTwice, wholeOption } from '../options.ts'
import { CheckFailed, orFailed, WrongUsage, type Output } from '../output.ts'
import { databaseIsThere } from '@spark/server/storage/postgres-url'

const KEEP_MAX = 1000

/** spark backup, spark restore: on the files, whether anything runs or not. */
export function backupCommands(program: Command, output: Output): void {
  backupCommand(program, output)
  restoreCommand(program, output)
}

function backupCommand(program: Command, output: Output): void {
  program
    .command('backup')
    .description('Copies every database while Spark may run, opens the copies and checks them. Keys and tokens are not in it.')
    .option('--to <folder>', 'where backups lie; default: backups in the data folder, where the daily job keeps the newest 7')
    .option('--keep <count>', 'then removes all but so many of the newest in that folder; default: keeps all')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExample:\n  spark backup --to /mnt/elsewhere --keep 14')
    .action(async ({ to, keep, json }: { to?: string; keep?: string; json?: true }) => {
      const kept = keep === undefined ? null : wholeOption('--keep', keep, 1, KEEP_MAX)
      const config = loadConfig()
      if (!databaseIsThere(config.databasePath)) throw new CheckFailed(`${config.databasePath} is not there: nothing to back up`)
      const folder = to === undefined ? join(config.dataDir, 'backups') : resolve(to)
      const made = await orFailed(BackupError, takeBackup({ ...config, folder, nowMs: folderClock(config).nowMs() }))
      const removed = kept === null ? 0 : await pruneBackups(folder, kept)
      if (json === true) return output.line(JSON.stringify({ ...made, removed }, null, 2))
      output.line(
        `${made.folder}: ${contentOf(made.manifest)}, opened and checked${kept === null ? '' : `; ${removed} old ones removed`}`,
      )
      output.note(`Not in it: ${config.signingKeyFile}, ${config.masterKeyFile} and the tokens. Keep the two keys apart from it.`)
    })
}

interface RestoreOptions {
  check?: true
  confirm?: string
  reason: string
  json?: true
}

function restoreCommand(program: Command, output: Output): void {
  program
    .command('restore')
    .argument('<folder>', 'a backup, like data/backups/20260131T031500Z')
    .description(
      'Puts a backup back while nothing runs, and moves aside what it replaces. The audit keeps every row. The name is typed twice.',
    )
    .option('--check', 'only reads every byte of the backup and says whether it is whole')
    .option('--confirm <name>', 'the name of the backup again')
    .option('--reason <text>', 'kept in the audit', 'by hand')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExample:\n  spark restore data/backups/20260131T031500Z --confirm 20260131T031500Z')
    .action(async (path: string, { check, confirm, reason, json }: RestoreOptions) => {
      const folder = resolve(path)
      if (check === true) {
        const manifest = await orFailed(BackupError, verifyBackup(folder))
        return output.line(
          json === true ? JSON.stringify({ folder, manifest }, null, 2) : `${folder}: whole; ${contentOf(manifest)}`,
        )
      }
      const name = basename(folder)
      if (confirm === undefined) throw new WrongUsage(`it replaces what is there now; type its name again: --confirm ${name}`)
      typedTwice('name of the backup', name, confirm)
      const config = loadConfig()
      const { dataDir, databasePath } = config
      const parts = { config, clock: folderClock(config), random: systemRandomness }
      const restored = await orFailed(
        BackupError,
        restoreBackup({ folder, dataDir, databasePath, actor: 'operator', reason }, parts),
      )
      if (json === true) return output.line(JSON.stringify(restored, null, 2))
      output.line(
        `${databasePath} is as it was at ${timeText(restored.manifest.takenAt)}; what was there lies in ${restored.replaced}`,
      )
      output.note('Start Spark: it compares its books with the venue before it trades, and says what differs.')
    })
}

function contentOf({ takenAt, version, files }: Manifest): string {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  return `${files.length} files, ${(bytes / 1e6).toFixed(1)} MB, of ${timeText(takenAt)}, Spark ${version}`
}
