import { useId, type ReactNode } from 'react'

interface PanelProps {
  title: string
  /** One line below the title. */
  what?: ReactNode
  /** Beside the title. */
  actions?: ReactNode
  className?: string
  children: ReactNode
}

/** A named part of a page. Its height is given by the page, so that nothing moves when values come. */
export function Panel({ title, what, actions, className = '', children }: PanelProps) {
  const id = useId()
  return (
    <section aria-labelledby={id} className={`flex min-w-0 flex-col rounded-lg border border-line bg-surface ${className}`}>
      <div className="flex flex-wrap items-center justify-between gap-x-3 gap-y-1 px-3 pt-2.5 pb-1.5">
        <div className="min-w-0 flex-1 basis-40">
          <h2 id={id} className="font-semibold">
            {title}
          </h2>
          {what !== undefined && <div className="text-xs text-muted">{what}</div>}
        </div>
        {actions}
      </div>
      <div className="flex min-h-0 flex-1 flex-col px-3 pb-3">{children}</div>
    </section>
  )
}
