import { useLanguage } from '../i18n/language.tsx'
import { useNow } from '../live/now.ts'

/** How long ago, or in how long; the moment with its zone as title. */
export function Ago({ ms }: { ms: number }) {
  const { m, f } = useLanguage()
  const now = useNow()
  const text = f.duration(Math.abs(now - ms))
  return (
    <time dateTime={new Date(ms).toISOString()} title={f.full(ms)} className="whitespace-nowrap">
      {ms > now ? m.common.inTime(text) : m.common.ago(text)}
    </time>
  )
}

/** The moment itself; with its zone as title. */
export function Moment({ ms, seconds = false }: { ms: number; seconds?: boolean }) {
  const { f } = useLanguage()
  return (
    <time dateTime={new Date(ms).toISOString()} title={f.full(ms)} className="whitespace-nowrap">
      {seconds ? f.time(ms) : f.moment(ms)}
    </time>
  )
}
