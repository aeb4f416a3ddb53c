import type { Command } from 'commander'
import { ROLES, type Role } from '@spark/contract/permissions'
import { invitationText } from '@spark/server/accounts/invitation-text'
import { addUser, changeUser, inviteUser, userView } from '@spark/server/accounts/users'
import { createUserStore } from '@spark/server/storage/user-store'
import { done, withAccounts } from '../accounts.ts'
import { operator } from '../direct.ts'
import { timeText } from '../options.ts'
import { WrongUsage, type Output } from '../output.ts'
import { table } from '../table.ts'

/** spark users: who may sign in. On the database itself, so that the owner of the machine always gets back in. */
export function usersCommands(program: Command, output: Output): void {
  const users = program.command('users').description('People who may sign in, with their roles. Also while nothing runs.')
  listCommand(users, output)
  addCommand(users, output)
  linkCommand(users, output)
  changeCommands(users, output)
}

function listCommand(users: Command, output: Output): void {
  users
    .command('list', { isDefault: true })
    .description('Everybody with role and state.')
    .option('--json', 'as JSON, like GET /api/users')
    .addHelpText('after', '\nExample:\n  spark users')
    .action(async ({ json }: { json?: true }) => {
      const items = (await withAccounts(({ db }) => createUserStore(db).list())).map(userView)
      if (json === true) return output.line(JSON.stringify({ items }, null, 2))
      const rows = items.map(({ name, role, state, signedInAt }) => [
        name,
        role,
        state,
        signedInAt === null ? '-' : timeText(signedInAt),
      ])
      output.line(table(['name', 'role', 'state', 'signed in'], rows))
    })
}

function addCommand(users: Command, output: Output): void {
  users
    .command('add')
    .argument('<name>', 'small letters, digits, . _ -; the audit shows it')
    .requiredOption('--role <role>', ROLES.join(', '))
    .description('Adds a person and prints the set-up link, once.')
    .addHelpText('after', '\nExample:\n  spark users add ada --role operator')
    .action(async (name: string, { role }: { role: string }) => {
      if (!/^[a-z][a-z0-9._-]{1,31}$/.test(name))
        throw new WrongUsage(`${name}: a name is 2 to 32 small letters, digits, . _ or -, and begins with a letter`)
      const user = { name, role: roleOf(role) }
      await withAccounts(async (parts, { apiUrl }) => {
        output.line(invitationText(done(await addUser(parts, user, operator()), name), apiUrl).trimEnd())
      })
    })
}

function linkCommand(users: Command, output: Output): void {
  users
    .command('setup-link')
    .argument('<name>', 'as spark users shows it')
    .description('Another set-up link, for a new password; one from before no longer works.')
    .addHelpText('after', '\nExample:\n  spark users setup-link admin')
    .action(async (name: string) => {
      await withAccounts(async (parts, { apiUrl }) => {
        output.line(invitationText(done(await inviteUser(parts, name, operator()), name), apiUrl).trimEnd())
      })
    })
}

function changeCommands(users: Command, output: Output): void {
  const change = async (name: string, to: { role?: Role; disabled?: boolean }, said: string) => {
    await withAccounts(async (parts) => {
      const refused = await changeUser(parts, name, to, operator())
      if (refused !== null) done(refused, name)
    })
    output.line(`${name}: ${said}`)
  }
  users
    .command('role')
    .argument('<name>', 'as spark users shows it')
    .argument('<role>', ROLES.join(', '))
    .description('Gives a person another role, from their next request on.')
    .addHelpText('after', '\nExample:\n  spark users role ada risk')
    .action((name: string, role: string) => change(name, { role: roleOf(role) }, `has the role ${role} now`))
  users
    .command('disable')
    .argument('<name>', 'as spark users shows it')
    .description('The person cannot sign in; sessions and tokens end at once. The name stays.')
    .addHelpText('after', '\nExample:\n  spark users disable ada')
    .action((name: string) => change(name, { disabled: true }, 'disabled; sessions and tokens have ended'))
  users
    .command('enable')
    .argument('<name>', 'as spark users shows it')
    .description('The person can sign in again, with the password from before.')
    .addHelpText('after', '\nExample:\n  spark users enable ada')
    .action((name: string) => change(name, { disabled: false }, 'can sign in again'))
}

function roleOf(text: string): Role {
  const role = ROLES.find((one) => one === text)
  if (role === undefined) throw new WrongUsage(`${text}: the role must be one of ${ROLES.join(', ')}`)
  return role
}
