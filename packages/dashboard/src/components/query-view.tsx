import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { errorNext, errorText } from '../error-text.ts'
import { useLanguage } from '../i18n/language.tsx'
import { Button } from './button.tsx'

interface QueryViewProps<Data> {
  query: UseQueryResult<Data>
  /** CSS of the place while nothing is there, so that nothing moves when it comes. */
  height?: string
  children: (data: Data) => ReactNode
}

/** What a query brought; while it loads a quiet place, when it failed the reason in place with a retry, and old data marked as such. */
export function QueryView<Data>({ query, height = 'min-h-24', children }: QueryViewProps<Data>) {
  const spoken = useLanguage()
  const { m, f } = spoken
  if (query.data === undefined) {
    if (query.error === null)
      return (
        <div className={`${height} animate-pulse rounded bg-raised motion-reduce:animate-none`} role="status">
          <span className="sr-only">{m.common.loading}</span>
        </div>
      )
    return <LoadFailure error={query.error} height={height} retry={() => void query.refetch()} />
  }
  return (
    <>
      {query.error !== null && (
        <p className="mb-1 text-xs text-amber" title={errorText(query.error, spoken)}>
          {m.common.asOf(f.time(query.dataUpdatedAt))}
        </p>
      )}
      {children(query.data)}
    </>
  )
}

function LoadFailure({ error, height, retry }: { error: Error; height: string; retry: () => void }) {
  const spoken = useLanguage()
  const { m } = spoken
  const next = errorNext(error, spoken)
  return (
    <div className={`${height} flex flex-col items-start gap-2 rounded border border-line p-3`}>
      <p>
        {m.common.failed} <span className="text-muted">{errorText(error, spoken)}</span>
      </p>
      {next !== null && <p className="text-muted">{next}</p>}
      <Button onClick={retry}>{m.common.retry}</Button>
    </div>
  )
}
