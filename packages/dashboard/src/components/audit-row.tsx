import type { ReactNode } from 'react'
import type { AuditItem } from '@spark/contract/audit'
import { Moment } from './ago.tsx'
import { AuditDetails } from './audit-details.tsx'

/** A row of the audit in a list, with its details to open. `children`: what is said of it in the line. */
export function AuditRow({ item, children }: { item: AuditItem; children: ReactNode }) {
  return (
    <li className="border-b border-line">
      <details>
        <summary className="flex flex-wrap gap-x-3 py-1">
          <Moment ms={item.ts} />
          <span className="font-medium">{item.action}</span>
          {children}
        </summary>
        <AuditDetails item={item} />
      </details>
    </li>
  )
}
