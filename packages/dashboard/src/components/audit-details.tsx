import { Link } from '@tanstack/react-router'
import type { AuditItem } from '@spark/contract/audit'
import { toldWords } from '@spark/contract/speech/told-words'
import { useLanguage } from '../i18n/language.tsx'
import { whyText } from '../i18n/why.ts'
import { CopyButton } from './copy-button.tsx'

/** All that a row of the audit holds, with its trace id to copy and to follow. */
export function AuditDetails({ item }: { item: AuditItem }) {
  const { m, f } = useLanguage()
  const { overview: t } = m
  const { context } = item
  const reasons = Array.isArray(context['reasons']) ? context['reasons'].map(String) : []
  const facts: [string, string][] = [
    [t.time, f.full(item.ts)],
    [t.actor, item.actor],
    ...(item.strategyId === null ? [] : ([[t.strategy, item.strategyId]] as [string, string][])),
    ...(reasons.length === 0
      ? []
      : ([[t.guardrails, reasons.map((one) => toldWords(whyText(one, m.why), { m, f })).join('; ')]] as [string, string][])),
  ]
  return (
    <div className="mb-2 grid gap-1.5 rounded bg-raised p-2 text-xs">
      <dl className="grid grid-cols-[auto_1fr] gap-x-3 gap-y-0.5">
        {facts.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-muted">{name}</dt>
            <dd className="min-w-0 break-words">{value}</dd>
          </div>
        ))}
        {item.traceId !== null && (
          <>
            <dt className="text-muted">{m.common.trace}</dt>
            <dd className="flex min-w-0 flex-wrap items-center gap-2">
              <Link to="/audit" search={{ traceId: item.traceId }} className="min-w-0 font-mono break-all text-accent underline">
                {item.traceId}
              </Link>
              <CopyButton text={item.traceId} name={m.common.trace} />
            </dd>
          </>
        )}
      </dl>
      <pre className="max-h-60 overflow-auto whitespace-pre-wrap break-words" tabIndex={0}>
        {JSON.stringify(context, null, 2)}
      </pre>
    </div>
  )
}
