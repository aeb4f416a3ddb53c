import { useState, type ReactNode } from 'react'

interface FoldedProps {
  /** What is seen while it is closed. */
  summary: ReactNode
  summaryClass: string
  className?: string
  onOpen?: (open: boolean) => void
  children: () => ReactNode
}

/** Details that are made only while they are open: what nobody sees is not renewed with every live update. */
export function Folded({ summary, summaryClass, className, onOpen, children }: FoldedProps) {
  const [open, setOpen] = useState(false)
  return (
    <details
      className={className}
      onToggle={({ currentTarget }) => {
        setOpen(currentTarget.open)
        onOpen?.(currentTarget.open)
      }}
    >
      <summary className={summaryClass}>{summary}</summary>
      {open && children()}
    </details>
  )
}
