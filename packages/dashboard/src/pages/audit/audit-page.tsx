import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState, type FormEvent } from 'react'
import type { AuditPage as Page } from '@spark/contract/audit'
import { AuditRow } from '../../components/audit-row.tsx'
import { Button } from '../../components/button.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { useLanguage } from '../../i18n/language.tsx'
import { whyText } from '../../i18n/why.ts'
import { api } from '../../queries.ts'
import type { AuditSearch } from '../../search.ts'
import { Verification } from './verification.tsx'

const PAGE_ROWS = 100

export function AuditPage() {
  const { m } = useLanguage()
  const { records: t } = m
  const search = useSearch({ from: '/audit' })
  const query = useInfiniteQuery({
    queryKey: ['audit', 'pages', search],
    queryFn: ({ pageParam }) =>
      api.call('auditList', { body: { ...search, limit: PAGE_ROWS, ...(pageParam !== null && { cursor: pageParam }) } }),
    initialPageParam: null as string | null,
    getNextPageParam: (page: Page) => page.nextCursor,
  })
  return (
    <div className="grid gap-3 p-2 sm:p-3">
      <h1 className="sr-only">{t.audit}</h1>
      <Verification />
      <Panel title={t.audit} what={t.auditWhat} className="min-h-96" actions={<Exports search={search} />}>
        <Filters key={JSON.stringify(search)} search={search} />
        <QueryView query={query} height="min-h-72">
          {({ pages }) => {
            const items = pages.flatMap((page) => page.items)
            if (items.length === 0) return <p className="text-muted">{t.noRows}</p>
            return (
              <ul>
                {items.map((item) => (
                  <AuditRow key={item.id} item={item}>
                    <span className="text-muted">{item.strategyId ?? item.actor}</span>
                    {item._err !== undefined && <span className="text-red">{whyText(item._err, m.why)}</span>}
                  </AuditRow>
                ))}
              </ul>
            )
          }}
        </QueryView>
        {query.hasNextPage && (
          <Button className="mt-2 self-center" disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {m.common.more}
          </Button>
        )}
      </Panel>
    </div>
  )
}

function Filters({ search }: { search: AuditSearch }) {
  const { m } = useLanguage()
  const { records: t } = m
  const navigate = useNavigate({ from: '/audit' })
  const [draft, setDraft] = useState(search)
  const fields = [
    ['action', t.action, 'ml.score'],
    ['strategyId', t.strategy, 'btcusdt-1h-01'],
    ['traceId', t.trace, ''],
    ['from', t.from, t.timeForm],
    ['to', t.to, t.timeForm],
  ] as const
  function submit(event: FormEvent): void {
    event.preventDefault()
    const given = Object.entries(draft).filter(([, value]) => value !== '' && value !== false)
    void navigate({ search: Object.fromEntries(given) as AuditSearch })
  }
  return (
    <form className="mb-2 flex flex-wrap items-end gap-2" onSubmit={submit}>
      {fields.map(([name, label, example]) => (
        <label key={name} className="grid min-w-0 gap-0.5 text-xs text-muted">
          {label}
          <input
            className="field w-44 max-w-full"
            value={draft[name] ?? ''}
            placeholder={example}
            onChange={(event) => setDraft({ ...draft, [name]: event.target.value })}
          />
        </label>
      ))}
      <label className="flex min-h-9 items-center gap-1.5">
        <input
          type="checkbox"
          checked={draft.all ?? false}
          onChange={(event) => setDraft({ ...draft, all: event.target.checked })}
        />
        {t.everything}
      </label>
      <Button type="submit">{t.apply}</Button>
    </form>
  )
}

function Exports({ search: { all: _, ...filter } }: { search: AuditSearch }) {
  const { m } = useLanguage()
  const link = (format: 'csv' | 'ndjson') => `/api/audit/export?${new URLSearchParams({ ...filter, format }).toString()}`
  return (
    <span className="flex gap-3">
      <a className="text-accent underline" href={link('csv')} download>
        {m.records.exportCsv}
      </a>
      <a className="text-accent underline" href={link('ndjson')} download>
        {m.records.exportNdjson}
      </a>
    </span>
  )
}
