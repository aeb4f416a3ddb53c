import { Command } from 'commander'
import { VERSION } from '@spark/server/config'
import { accountCommands } from './commands/account.ts'
import { applyCommand } from './commands/apply.ts'
import { alertMonitorCommand } from './commands/alert-monitor.ts'
import { alertsCommands } from './commands/alerts.ts'
import { auditCommands } from './commands/audit.ts'
import { backtestCommand } from './commands/backtest.ts'
import { backupCommands } from './commands/backup.ts'
import { calibrationCommands } from './commands/calibration.ts'
import { deployCommand } from './commands/deploy.ts'
import { doctorCommand } from './commands/doctor.ts'
import { equityCommand } from './commands/equity.ts'
import { fillsCommand } from './commands/fills.ts'
import { importCommand } from './commands/import.ts'
import { jobsCommands } from './commands/jobs.ts'
import { keysCommands } from './commands/keys.ts'
import { killCommands } from './commands/kill.ts'
import { monitorCommand } from './commands/monitor.ts'
import { notifyCommand } from './commands/notify.ts'
import { optimizeCommand } from './commands/optimize.ts'
import { preflightCommand } from './commands/preflight.ts'
import { queueCommands } from './commands/queue.ts'
import { rehearseCommand } from './commands/rehearse.ts'
import { replayCommand } from './commands/replay.ts'
import { restartCommand } from './commands/restart.ts'
import { riskCommand } from './commands/risk.ts'
import { rolloutCommands } from './commands/rollout.ts'
import { sessionsCommands } from './commands/sessions.ts'
import { statusCommand } from './commands/status.ts'
import { strategiesCommands } from './commands/strategies.ts'
import { tokensCommands } from './commands/tokens.ts'
import { tradingCommands } from './commands/trading.ts'
import { triageCommands } from './commands/triage.ts'
import { upCommand } from './commands/up.ts'
import { usersCommands } from './commands/users.ts'
import type { Output } from './output.ts'

const COMMANDS = [
  upCommand,
  deployCommand,
  restartCommand,
  statusCommand,
  doctorCommand,
  preflightCommand,
  importCommand,
  replayCommand,
  backtestCommand,
  optimizeCommand,
  rehearseCommand,
  auditCommands,
  strategiesCommands,
  tradingCommands,
  fillsCommand,
  equityCommand,
  queueCommands,
  riskCommand,
  killCommands,
  rolloutCommands,
  applyCommand,
  triageCommands,
  usersCommands,
  tokensCommands,
  sessionsCommands,
  keysCommands,
  accountCommands,
  jobsCommands,
  calibrationCommands,
  backupCommands,
  notifyCommand,
  alertsCommands,
  alertMonitorCommand,
  monitorCommand,
]

/** The program spark with all its commands. It throws CommanderError in place of ending the process. */
export function createProgram(output: Output): Command {
  const program = new Command('spark')
    .description('Progressive delivery for trading signals.')
    .version(VERSION)
    .showHelpAfterError('(spark COMMAND --help shows an example)')
    .exitOverride()
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 a check did not hold or could not run, 2 wrong usage.\nSettings are environment variables: spark doctor lists them all.',
    )
  for (const add of COMMANDS) add(program, output)
  return program
}
