import { useQuery } from '@tanstack/react-query'
import { ApiError } from '@spark/contract/client'
import { Ago } from '../components/ago.tsx'
import { useLanguage } from '../i18n/language.tsx'
import { useStream } from '../live/event-stream.ts'
import { queries } from '../queries.ts'

/** Says that the api or the executor is away, or that nobody is signed in: the values below are old, and marked so. */
export function ConditionBanner() {
  const { m, f } = useLanguage()
  const { status, ageS } = useStream()
  const { data, error } = useQuery(queries.installation)
  const isStranger = error instanceof ApiError && error.status === 401
  const isExecutorAway = data?.executorReachable === false
  const condition = isStranger ? 'session' : status === 'lost' ? 'api' : isExecutorAway ? 'executor' : null
  const words = {
    session: m.shell.signInBanner,
    api: ageS === null ? m.shell.neverConnected : m.shell.lostBanner(f.duration(ageS * 1000)),
    executor: m.shell.executorAway,
  }
  return (
    <div role="status" aria-live="polite">
      {condition !== null && (
        <p data-condition={condition} className="border-b border-amber-line bg-amber-ground px-3 py-1.5 text-amber">
          {words[condition]} {condition === 'executor' && <LastDecided />}
        </p>
      )}
    </div>
  )
}

/** How old what the controller judged is. Not read out each second. */
function LastDecided() {
  const { m } = useLanguage()
  const rollout = useQuery(queries.rollout).data
  if (rollout === undefined || rollout.id === null) return null
  return (
    <span aria-live="off">
      {m.shell.lastDecided} <Ago ms={rollout.watchedAt} />.
    </span>
  )
}
