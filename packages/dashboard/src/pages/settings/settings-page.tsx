import { HeadRow, figures } from '../../components/head-row.tsx'
import { useQuery } from '@tanstack/react-query'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { ScrollTable } from '../../components/scroll-table.tsx'
import type { Format } from '../../format/format.ts'
import { useLanguage } from '../../i18n/language.tsx'
import { queries } from '../../queries.ts'
import { usePermissions } from '../../session.ts'
import { ExchangeKeys } from './exchange-keys.tsx'
import { LiveSettings } from './live-settings.tsx'
import { Notifications } from './notifications.tsx'
import { OwnAccess } from './own-access.tsx'
import { People } from './people.tsx'
import { Sessions } from './sessions.tsx'
import { Tokens } from './tokens.tsx'

export function SettingsPage() {
  const { m } = useLanguage()
  const { settings: t } = m
  const { canOversee, canSeeKeys } = usePermissions()
  const session = useQuery(queries.session).data
  return (
    <div className="grid items-start gap-3 p-2 sm:p-3 xl:grid-cols-2">
      <h1 className="sr-only">{t.title}</h1>
      <div className="grid min-w-0 gap-3">
        <Panel title={t.people} className="min-h-40">
          {canOversee ? <People /> : <p className="text-muted">{t.peopleNeeded}</p>}
        </Panel>
        {canOversee && (
          <Panel title={t.everybody} className="min-h-40">
            <Sessions everybody />
            <h3 className="mt-3 text-xs text-muted">{t.everyToken}</h3>
            <Tokens everybody />
          </Panel>
        )}
        <Limits />
      </div>
      <div className="grid min-w-0 gap-3">
        <Panel title={t.sessions} className="min-h-40">
          {session?.kind === 'session' ? <OwnAccess /> : <p className="text-muted">{t.sessionsNeeded}</p>}
        </Panel>
        <LiveSettings />
        <Notifications />
        <Panel title={t.keys} what={t.keysWhat}>
          {canSeeKeys ? <ExchangeKeys /> : <p className="text-muted">{t.keysNeeded}</p>}
        </Panel>
      </div>
    </div>
  )
}

function Limits() {
  const { m, f } = useLanguage()
  const { settings: t } = m
  const names = t.limitNames as Record<string, string>
  const query = useQuery(queries.risk)
  return (
    <Panel title={t.limits} what={t.limitsWhat} className="min-h-60">
      <QueryView query={query} height="min-h-48">
        {({ limits }) => (
          <ScrollTable label={t.limits}>
            <HeadRow columns={[t.limit, figures(t.limits), figures(t.used)]} />
            <tbody>
              {limits.map(({ name, limit, used, unit, by }) => (
                <tr key={name}>
                  <th scope="row" title={`${name}: ${unit}`}>
                    {names[name] ?? name}
                  </th>
                  <td className="number">{limit === null ? t.unlimited : inWords(limit, f)}</td>
                  <td className="number">
                    {used === null ? t.eachOrder : inWords(used, f)}
                    {by !== null && <span className="block text-xs text-muted">{by}</span>}
                  </td>
                </tr>
              ))}
            </tbody>
          </ScrollTable>
        )}
      </QueryView>
    </Panel>
  )
}

/** Decimals as the reader writes them; a list of symbols as it is. */
function inWords(text: string, f: Format): string {
  const value = Number(text)
  return text === '' || Number.isNaN(value) ? text : f.number(value, Number.isInteger(value) ? 0 : 2)
}
