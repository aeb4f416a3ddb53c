import type { ReactNode } from 'react'
import { useLanguage } from '../i18n/language.tsx'
import { Folded } from './folded.tsx'

/** What a chart shows, as a table for those who do not see charts. `label`: what it lists. */
export function TableBeside({ label, children }: { label: string; children: () => ReactNode }) {
  const { m } = useLanguage()
  return (
    <Folded className="mt-2" summaryClass="text-muted" summary={m.common.showTable}>
      {() => (
        <div className="scroll-x max-h-72 overflow-y-auto" tabIndex={0} role="group" aria-label={label}>
          <table className="table">{children()}</table>
        </div>
      )}
    </Folded>
  )
}
