import { ScrollTable } from '../../components/scroll-table.tsx'
import { useQuery } from '@tanstack/react-query'
import { useCommand } from '../../commands.ts'
import { Button } from '../../components/button.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { useLanguage } from '../../i18n/language.tsx'
import { queries } from '../../queries.ts'
import { usePermissions } from '../../session.ts'
import { OwnAccess } from './own-access.tsx'
import { People } from './people.tsx'

export function SettingsPage() {
  const { m } = useLanguage()
  const { settings: t } = m
  const run = useCommand()
  const { canTriage, canOversee } = usePermissions()
  const session = useQuery(queries.session).data
  return (
    <div className="grid gap-3 p-2 sm:p-3 xl:grid-cols-2">
      <h1 className="sr-only">{t.title}</h1>
      <Panel title={t.people} className="min-h-40">
        {canOversee ? <People /> : <p className="text-muted">{t.peopleNeeded}</p>}
      </Panel>
      <Panel title={t.sessions} className="min-h-40">
        {session?.kind === 'session' ? <OwnAccess /> : <p className="text-muted">{t.sessionsNeeded}</p>}
      </Panel>
      <Limits />
      <Panel title={t.notifications} what={t.notificationsWhat}>
        <Button
          className="self-start"
          why={canTriage ? null : m.common.notPermitted}
          onClick={() =>
            void run(
              'triage',
              { params: { move: 'notify' }, body: { reason: m.rollout.fromDashboard, value: t.testText } },
              t.test,
            )
          }
        >
          {t.test}
        </Button>
      </Panel>
    </div>
  )
}

function Limits() {
  const { m } = useLanguage()
  const { settings: t } = m
  const query = useQuery(queries.risk)
  return (
    <Panel title={t.limits} what={t.limitsWhat} className="min-h-60">
      <QueryView query={query} height="min-h-48">
        {({ limits }) => (
          <ScrollTable label={t.limits}>
            <thead>
              <tr>
                <th scope="col">{t.limit}</th>
                <th scope="col" className="number">
                  {t.limits}
                </th>
                <th scope="col" className="number">
                  {t.used}
                </th>
              </tr>
            </thead>
            <tbody>
              {limits.map(({ name, limit, used, unit }) => (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  <td className="number">{limit === null ? t.unlimited : `${limit} ${unit}`}</td>
                  <td className="number">{used ?? t.eachOrder}</td>
                </tr>
              ))}
            </tbody>
          </ScrollTable>
        )}
      </QueryView>
    </Panel>
  )
}
