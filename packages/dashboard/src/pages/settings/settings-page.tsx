import { useQuery } from '@tanstack/react-query'
import { Panel } from '../../components/panel.tsx'
import { useLanguage } from '../../i18n/language.tsx'
import { queries } from '../../queries.ts'
import { usePermissions } from '../../session.ts'
import { ExchangeKeys } from './exchange-keys.tsx'
import { Limits } from './limits.tsx'
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
      <Limits />
    </div>
  )
}
