import { useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import { ApiError, type CallOptions } from '@spark/contract/client'
import type { ErrorCode } from '@spark/contract/errors'
import type { AnswerOf, RouteName } from '@spark/contract/routes'
import { errorNext, errorText } from './error-text.ts'
import { useLanguage } from './i18n/language.tsx'
import { notify } from './notices.ts'
import { api } from './queries.ts'
import { ask, type Asked } from './session-dialogs.ts'

/** A command may wait for a transaction behind others. */
const COMMAND_TIMEOUT_MS = 15_000

const ASKS: Partial<Record<ErrorCode, Asked>> = { unauthorized: 'sign-in', step_up_needed: 'password' }

export type RunCommand = <Name extends RouteName>(
  name: Name,
  options: CallOptions<Name>,
  said: string,
) => Promise<AnswerOf<Name> | null>

/**
 * Gives a command, and says what came of it. Where it needs a session or the password again, it asks and
 * sends it once more. Resolves with the answer, or with null
 * when it was refused; everything is read again afterwards.
 */
export function useCommand(): RunCommand {
  const client = useQueryClient()
  const spoken = useLanguage()
  return useCallback(
    async (name, options, said) => {
      const call = () => api.call(name, { ...options, timeoutMs: COMMAND_TIMEOUT_MS })
      try {
        const answer = await call().catch(async (error: unknown) => {
          const asked = error instanceof ApiError && error.code !== null ? ASKS[error.code] : undefined
          if (asked === undefined || !(await ask(asked))) throw error
          return call()
        })
        notify('done', said)
        return answer
      } catch (error) {
        notify('failed', `${said}: ${errorText(error, spoken)}`, errorNext(error, spoken))
        return null
      } finally {
        void client.invalidateQueries()
      }
    },
    [client, spoken],
  )
}
