import type { ReactNode } from 'react'

/** A table that scrolls sideways where it does not fit, also by keyboard. `label`: what it lists. */
export function ScrollTable({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="scroll-x" tabIndex={0} role="group" aria-label={label}>
      <table className="table">{children}</table>
    </div>
  )
}
