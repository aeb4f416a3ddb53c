import type { Command } from 'commander'
import { TOKEN_PERMISSIONS, type Permission } from '@spark/contract/permissions'
import { makeToken, revokeToken } from '@spark/server/accounts/api-tokens'
import { createApiTokenStore } from '@spark/server/storage/api-token-store'
import { createUserStore } from '@spark/server/storage/user-store'
import { done, withAccounts } from '../accounts.ts'
import { operator } from '../direct.ts'
import { timeText } from '../options.ts'
import { CheckFailed, WrongUsage, type Output } from '../output.ts'
import { table } from '../table.ts'

const DAYS_MAX = 365

/** spark tokens: what programs call the API with in the name of a person. */
export function tokensCommands(program: Command, output: Output): void {
  const tokens = program
    .command('tokens')
    .description('Tokens of people, for programs that call the API. Also while nothing runs.')
  listCommand(tokens, output)
  addCommand(tokens, output)
  tokens
    .command('revoke')
    .argument('<id>', 'as spark tokens shows it')
    .description('Ends a token: its next request is refused.')
    .addHelpText('after', '\nExample:\n  spark tokens revoke 695b7f00c1d94a0b8e1f2a3b4c5d6e7f')
    .action(async (id: string) => {
      if (!(await withAccounts((parts) => revokeToken(parts, { id, owner: null }, operator()))))
        throw new CheckFailed(`no token ${id}`)
      output.line(`${id}: revoked`)
    })
}

function listCommand(tokens: Command, output: Output): void {
  tokens
    .command('list', { isDefault: true })
    .description('Every token with what it may do; never a token itself.')
    .option('--user <name>', 'of one person')
    .option('--json', 'as JSON, like GET /api/tokens')
    .addHelpText('after', '\nExample:\n  spark tokens --user ada')
    .action(async ({ user, json }: { user?: string; json?: true }) => {
      const items = await withAccounts(({ db }) => createApiTokenStore(db).list(user ?? null))
      if (json === true) return output.line(JSON.stringify({ items }, null, 2))
      const rows = items.map(({ id, user: owner, name, expiresAt, usedAt, permissions }) => [
        id,
        `${owner}:${name}`,
        timeText(expiresAt),
        usedAt === null ? '-' : timeText(usedAt),
        permissions.join(' '),
      ])
      output.line(table(['id', 'token', 'until', 'last used', 'may'], rows))
    })
}

function addCommand(tokens: Command, output: Output): void {
  tokens
    .command('add')
    .argument('<user>', 'whose token it is')
    .argument('<name>', 'what it is for; the audit shows USER:NAME')
    .requiredOption('--may <permissions>', `with commas: ${TOKEN_PERMISSIONS.join(', ')}`)
    .option('--days <n>', `until it expires, 1 to ${DAYS_MAX}`, '90')
    .description('Makes a token and prints it, once. It may do no more than its owner.')
    .addHelpText('after', '\nExample:\n  spark tokens add ada watchdog --may canRead,canBrake --days 30')
    .action(async (user: string, name: string, { may, days: daysText }: { may: string; days: string }) => {
      if (!/^[a-z0-9][a-z0-9._-]{0,31}$/.test(name))
        throw new WrongUsage(`${name}: a name is 1 to 32 small letters, digits, . _ or -`)
      const days = /^[1-9]\d{0,2}$/.test(daysText) ? Number(daysText) : Number.NaN
      if (!(days <= DAYS_MAX)) throw new WrongUsage(`--days ${daysText}: must be a whole number from 1 to ${DAYS_MAX}`)
      const wanted = { user, name, permissions: may.split(',').map(permissionOf), days }
      const { token, secret } = await withAccounts(async (parts) => {
        if ((await createUserStore(parts.db).get(user)) === null) throw new CheckFailed(`no person ${user}; see spark users`)
        return done(await makeToken(parts, wanted, operator()), `${user}:${name}`)
      })
      output.line(secret)
      output.note(
        `Token ${token.id} of ${user}, until ${timeText(token.expiresAt)}. It is shown this once: Spark keeps only its hash.`,
      )
    })
}

function permissionOf(text: string): Permission {
  const permission = TOKEN_PERMISSIONS.find((one) => one === text.trim())
  if (permission === undefined) throw new WrongUsage(`--may ${text}: must be of ${TOKEN_PERMISSIONS.join(', ')}`)
  return permission
}
