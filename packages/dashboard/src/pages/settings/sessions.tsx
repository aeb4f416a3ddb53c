import { useQuery } from '@tanstack/react-query'
import { useCommand } from '../../commands.ts'
import { Ago } from '../../components/ago.tsx'
import { Button } from '../../components/button.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { useLanguage } from '../../i18n/language.tsx'
import { queries } from '../../queries.ts'

/** Sessions, each of which can be ended: one's own, or those of everybody. */
export function Sessions({ everybody }: { everybody: boolean }) {
  const { m } = useLanguage()
  const { settings: t } = m
  const run = useCommand()
  const query = useQuery(queries.sessions(everybody ? { user: 'all' } : {}))
  return (
    <QueryView query={query}>
      {({ items }) => (
        <ul>
          {items.map(({ id, user, address, agent, seenAt, current }) => (
            <li key={id} className="flex flex-wrap items-center justify-between gap-2 border-b border-line py-1">
              <span className="min-w-0 flex-1 basis-60 break-words">
                {everybody && <span className="font-medium">{user} </span>}
                {address} <span className="text-xs text-muted">{agent}</span>
              </span>
              <span>{current ? t.current : <Ago ms={seenAt} />}</span>
              <Button onClick={() => void run('sessionRevoke', { params: { id }, body: {} }, t.revoke)}>{t.revoke}</Button>
            </li>
          ))}
        </ul>
      )}
    </QueryView>
  )
}
