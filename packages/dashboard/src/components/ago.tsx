import { useLanguage } from '../i18n/language.tsx'
import { useNow } from '../live/now.ts'
import { agoMs } from '../live/shown-time.ts'

interface RelativeProps {
  ms: number
}

/** How long ago it happened; the moment with its zone as title. */
export function Ago({ ms }: RelativeProps) {
  const { m, f } = useLanguage()
  return <Relative ms={ms} text={m.common.ago(f.duration(agoMs(ms, useNow())))} />
}

/** In how long it will be, or how long ago that was. */
export function Until({ ms }: RelativeProps) {
  const { m, f } = useLanguage()
  const now = useNow()
  const text = f.duration(Math.abs(now - ms))
  return <Relative ms={ms} text={ms > now ? m.common.inTime(text) : m.common.ago(text)} />
}

function Relative({ ms, text }: RelativeProps & { text: string }) {
  const { f } = useLanguage()
  return (
    <time dateTime={new Date(ms).toISOString()} title={f.full(ms)} className="whitespace-nowrap">
      {text}
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
