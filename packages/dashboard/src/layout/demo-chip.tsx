import { useQuery } from '@tanstack/react-query'
import { useId } from 'react'
import { useLanguage } from '../i18n/language.tsx'
import { queries } from '../queries.ts'

/** Amber DEMO while no real money can come from an ML decision, with every reason; a plain word when it can. */
export function DemoChip() {
  const { m } = useLanguage()
  const { data } = useQuery(queries.installation)
  const id = useId()
  if (data === undefined) return null
  if (data.demo.length === 0)
    return (
      <span className="rounded border border-text px-1.5 font-semibold" title={m.shell.liveWhy}>
        {m.shell.live}
      </span>
    )
  const reasons = data.demo.map((reason) => m.common.demo[reason])
  return (
    <>
      <button
        type="button"
        data-demo={data.demo.join(' ')}
        popoverTarget={id}
        title={`${m.shell.demoWhy} ${reasons.join('; ')}`}
        className="rounded border border-amber-line bg-amber-ground px-1.5 font-semibold text-amber"
      >
        {m.shell.demo}
      </button>
      <div
        id={id}
        popover="auto"
        className="fixed inset-auto top-12 left-3 w-80 max-w-[calc(100vw-1.5rem)] rounded-lg border border-line bg-surface p-3 text-text shadow-lg"
      >
        <p>{m.shell.demoWhy}</p>
        <ul className="list-disc ps-5">
          {reasons.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      </div>
    </>
  )
}
