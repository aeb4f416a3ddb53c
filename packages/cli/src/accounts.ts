import type { ErrorCode } from '@spark/contract/errors'
import { ERRORS } from '@spark/contract/errors'
import type { AccountParts } from '@spark/server/accounts/users'
import type { Clock } from '@spark/server/clock'
import { loadConfig, type Config } from '@spark/server/config'
import { folderClock } from '@spark/server/folder-clock'
import { systemRandomness } from '@spark/server/random'
import { withDatabase } from './direct.ts'
import { CheckFailed } from './output.ts'

/** People, tokens and sessions are the machine's owner's business on the database itself: it works with and without the api. */
export function withAccounts<Result>(
  work: (parts: AccountParts & { clock: Clock }, config: Config) => Promise<Result>,
): Promise<Result> {
  const config = loadConfig()
  return withDatabase(config, ({ db }) => work({ db, clock: folderClock(config), random: systemRandomness }, config))
}

/** The answer, or why there is none. */
export function done<Answer extends object>(answer: Answer, what: string): Exclude<Answer, { problem: ErrorCode }> {
  if ('problem' in answer) {
    const { title, next } = ERRORS[answer.problem as ErrorCode]
    throw new CheckFailed(`${what}: ${title} ${next}`)
  }
  return answer as Exclude<Answer, { problem: ErrorCode }>
}
