import type { ReactNode } from 'react'
import type { AuditItem } from '@spark/contract/audit'
import { Moment } from './ago.tsx'
import { AuditDetails } from './audit-details.tsx'
import { Folded } from './folded.tsx'

/** A row of the audit in a list, with its details to open. `children`: what is said of it in the line. */
export function AuditRow({ item, children }: { item: AuditItem; children: ReactNode }) {
  return (
    <li className="border-b border-line">
      <Folded
        summaryClass="flex flex-wrap gap-x-3 py-1"
        summary={
          <>
            <Moment ms={item.ts} />
            <span className="font-medium">{item.action}</span>
            {children}
          </>
        }
      >
        {() => <AuditDetails item={item} />}
      </Folded>
    </li>
  )
}
