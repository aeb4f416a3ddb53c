import { useQuery } from '@tanstack/react-query'
import { Moment } from '../../components/ago.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { useLanguage } from '../../i18n/language.tsx'
import { queries } from '../../queries.ts'

/** For which venues keys are stored; never a key itself. */
export function ExchangeKeys() {
  const { m } = useLanguage()
  const { settings: t } = m
  const query = useQuery(queries.keys)
  return (
    <QueryView query={query}>
      {({ items }) =>
        items.length === 0 ? (
          <p className="text-muted">{t.noKeys}</p>
        ) : (
          <ul>
            {items.map(({ venue, hint, createdAt }) => (
              <li key={venue} className="flex flex-wrap gap-x-3 border-b border-line py-1">
                <span className="font-medium">{venue}</span>
                <span className="font-mono">…{hint}</span>
                <Moment ms={createdAt} />
              </li>
            ))}
          </ul>
        )
      }
    </QueryView>
  )
}
