import type { Command } from 'commander'
import { holdingNow } from '@spark/server/accounts/callers'
import { endSession } from '@spark/server/accounts/sessions'
import { createSessionStore } from '@spark/server/storage/session-store'
import { withAccounts } from '../accounts.ts'
import { operator } from '../direct.ts'
import { timeText } from '../options.ts'
import { CheckFailed, type Output } from '../output.ts'
import { table } from '../table.ts'

/** spark sessions: who is signed in. */
export function sessionsCommands(program: Command, output: Output): void {
  const sessions = program.command('sessions').description('Who is signed in, and from where. Also while nothing runs.')
  sessions
    .command('list', { isDefault: true })
    .description('Open sessions, newest first.')
    .option('--user <name>', 'of one person')
    .option('--json', 'as JSON, like GET /api/sessions')
    .addHelpText('after', '\nExample:\n  spark sessions --user ada')
    .action(async ({ user, json }: { user?: string; json?: true }) => {
      const items = await withAccounts(({ db, clock }) => createSessionStore(db).list(user ?? null, holdingNow(clock)))
      if (json === true) return output.line(JSON.stringify({ items }, null, 2))
      const rows = items.map((one) => [one.id, one.user, one.address, timeText(one.createdAt), timeText(one.seenAt), one.agent])
      output.line(table(['id', 'user', 'from', 'since', 'last seen', 'browser'], rows))
    })
  sessions
    .command('revoke')
    .argument('<id>', 'as spark sessions shows it')
    .description('Ends a session: its next request is refused, its event streams end within a second.')
    .addHelpText('after', '\nExample:\n  spark sessions revoke 695b7f00c1d94a0b8e1f2a3b4c5d6e7f')
    .action(async (id: string) => {
      const ended = await withAccounts((parts) => endSession(parts, { id, owner: null, action: 'session.revoked' }, operator()))
      if (!ended) throw new CheckFailed(`no session ${id}`)
      output.line(`${id}: revoked`)
    })
}
