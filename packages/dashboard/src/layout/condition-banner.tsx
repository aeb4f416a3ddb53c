import { useQuery } from '@tanstack/react-query'
import { ApiError } from '@spark/contract/client'
import { useLanguage } from '../i18n/language.tsx'
import { useStream } from '../live/event-stream.ts'
import { queries } from '../queries.ts'

/** Says that the api or the executor is away: the values below are old, and marked so. */
export function ConditionBanner() {
  const { m, f } = useLanguage()
  const { status, ageS } = useStream()
  const { data, error } = useQuery(queries.installation)
  const isStranger = error instanceof ApiError && error.status === 401
  const text = isStranger
    ? m.shell.signInBanner
    : status === 'lost'
      ? ageS === null
        ? m.shell.neverConnected
        : m.shell.lostBanner(f.duration(ageS * 1000))
      : data?.executorReachable === false
        ? m.shell.executorAway
        : null
  return (
    <div role="status" aria-live="polite">
      {text !== null && (
        <p
          data-condition={isStranger ? 'session' : status === 'lost' ? 'api' : 'executor'}
          className="border-b border-amber-line bg-amber-ground px-3 py-1.5 text-amber"
        >
          {text}
        </p>
      )}
    </div>
  )
}
