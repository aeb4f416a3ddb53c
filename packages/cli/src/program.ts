import { Command } from 'commander'
import { VERSION } from '@spark/server/config'
import type { Output } from './output.ts'

type AddCommands = (program: Command, output: Output) => void

/** By the names under which they are called: a command loads its own file, not those of all. */
const COMMANDS: readonly (readonly [names: readonly string[], load: () => Promise<AddCommands>])[] = [
  [['up'], async () => (await import('./commands/up.ts')).upCommand],
  [['deploy'], async () => (await import('./commands/deploy.ts')).deployCommand],
  [['restart'], async () => (await import('./commands/restart.ts')).restartCommand],
  [['status'], async () => (await import('./commands/status.ts')).statusCommand],
  [['doctor'], async () => (await import('./commands/doctor.ts')).doctorCommand],
  [['preflight'], async () => (await import('./commands/preflight.ts')).preflightCommand],
  [['import'], async () => (await import('./commands/import.ts')).importCommand],
  [['replay'], async () => (await import('./commands/replay.ts')).replayCommand],
  [['backtest'], async () => (await import('./commands/backtest.ts')).backtestCommand],
  [['optimize'], async () => (await import('./commands/optimize.ts')).optimizeCommand],
  [['rehearse'], async () => (await import('./commands/rehearse.ts')).rehearseCommand],
  [['audit'], async () => (await import('./commands/audit.ts')).auditCommands],
  [['strategies'], async () => (await import('./commands/strategies.ts')).strategiesCommands],
  [['orders', 'positions', 'flatten'], async () => (await import('./commands/trading.ts')).tradingCommands],
  [['fills'], async () => (await import('./commands/fills.ts')).fillsCommand],
  [['equity'], async () => (await import('./commands/equity.ts')).equityCommand],
  [['queue'], async () => (await import('./commands/queue.ts')).queueCommands],
  [['risk'], async () => (await import('./commands/risk.ts')).riskCommand],
  [['kill', 'unkill'], async () => (await import('./commands/kill.ts')).killCommands],
  [['calibration'], async () => (await import('./commands/calibration.ts')).calibrationCommands],
  [['models'], async () => (await import('./commands/models.ts')).modelsCommands],
  [['report'], async () => (await import('./commands/report.ts')).reportCommands],
  [['evidence'], async () => (await import('./commands/evidence.ts')).evidenceCommands],
  [['rollout'], async () => (await import('./commands/rollout.ts')).rolloutCommands],
  [['apply'], async () => (await import('./commands/apply.ts')).applyCommand],
  [['triage'], async () => (await import('./commands/triage.ts')).triageCommands],
  [['users'], async () => (await import('./commands/users.ts')).usersCommands],
  [['tokens'], async () => (await import('./commands/tokens.ts')).tokensCommands],
  [['sessions'], async () => (await import('./commands/sessions.ts')).sessionsCommands],
  [['keys'], async () => (await import('./commands/keys.ts')).keysCommands],
  [['account'], async () => (await import('./commands/account.ts')).accountCommands],
  [['jobs'], async () => (await import('./commands/jobs.ts')).jobsCommands],
  [['backup', 'restore'], async () => (await import('./commands/backup.ts')).backupCommands],
  [['migrate'], async () => (await import('./commands/migrate.ts')).migrateCommand],
  [['notify'], async () => (await import('./commands/notify.ts')).notifyCommand],
  [['alerts'], async () => (await import('./commands/alerts.ts')).alertsCommands],
  [['alert-monitor'], async () => (await import('./commands/alert-monitor.ts')).alertMonitorCommand],
  [['monitor'], async () => (await import('./commands/monitor.ts')).monitorCommand],
]

/** The program spark with all its commands, or with the one that the arguments begin with. It throws CommanderError in place of ending the process. */
export async function createProgram(output: Output, [first = '']: readonly string[] = []): Promise<Command> {
  const called = COMMANDS.filter(([names]) => names.includes(first))
  const added = await Promise.all((called.length > 0 ? called : COMMANDS).map(([, load]) => load()))
  const program = new Command('spark')
    .description('Progressive delivery for trading signals.')
    .version(VERSION)
    .showHelpAfterError('(spark COMMAND --help shows an example)')
    .exitOverride()
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 a check did not hold or could not run, 2 wrong usage.\nSettings are environment variables: spark doctor lists them all.',
    )
  for (const add of added) add(program, output)
  return program
}
