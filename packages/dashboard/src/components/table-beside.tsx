import type { ReactNode } from 'react'
import { useLanguage } from '../i18n/language.tsx'

/** What a chart shows, as a table for those who do not see charts. `label`: what it lists. */
export function TableBeside({ label, children }: { label: string; children: ReactNode }) {
  const { m } = useLanguage()
  return (
    <details className="mt-2">
      <summary className="text-muted">{m.common.showTable}</summary>
      <div className="scroll-x max-h-72 overflow-y-auto" tabIndex={0} role="group" aria-label={label}>
        <table className="table">{children}</table>
      </div>
    </details>
  )
}
