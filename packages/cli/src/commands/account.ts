import type { Command } from 'commander'
import { loadConfig } from '@spark/server/config'
import { WrongUsage, type Output } from '../output.ts'
import { apiClient } from '../processes.ts'

/** spark account: what moves at the exchange without an order, through the API. */
export function accountCommands(program: Command, output: Output): void {
  const account = program
    .command('account')
    .description('Deposits and withdrawals at the exchange, so that the books agree again.')
  for (const [verb, sign, what] of [
    ['deposit', '', 'Records that so much came into the account.'],
    ['withdraw', '-', 'Records that so much left the account. It moves nothing itself.'],
  ] as const)
    account
      .command(verb)
      .argument('<asset>', 'like USDT')
      .argument('<amount>', 'like 250.5')
      .description(what)
      .requiredOption('--reason <text>', 'kept in the audit')
      .addHelpText('after', `\nExample:\n  spark account ${verb} USDT 250.5 --reason "monthly"`)
      .action(async (asset: string, amount: string, { reason }: { reason: string }) => {
        if (!/^\d+(\.\d+)?$/.test(amount)) throw new WrongUsage(`${amount}: the amount must be a plain number like 250.5`)
        await apiClient(loadConfig()).call('accountFlow', { body: { asset, amount: `${sign}${amount}`, reason } })
        output.line(`${verb} of ${amount} ${asset} recorded; the next look at the venue, within 10 s, compares the books`)
      })
}
