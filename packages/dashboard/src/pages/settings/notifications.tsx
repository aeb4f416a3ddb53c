import { findingWords } from '../../finding-words.ts'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useCommand } from '../../commands.ts'
import { Button } from '../../components/button.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { useLanguage } from '../../i18n/language.tsx'
import { queries } from '../../queries.ts'
import { usePermissions } from '../../session.ts'

/** Which channels are told of alerts, and a test that says what came of it. */
export function Notifications() {
  const { m } = useLanguage()
  const { settings: t } = m
  const run = useCommand()
  const { canTriage } = usePermissions()
  const query = useQuery(queries.installation)
  const [findings, setFindings] = useState<readonly string[]>([])
  async function test(): Promise<void> {
    const body = { reason: m.rollout.fromDashboard, value: t.testText }
    const found = await run('triage', { params: { move: 'notify' }, body }, t.test)
    setFindings(found?.findings ?? [])
  }
  return (
    <Panel title={t.notifications} what={t.notificationsWhat} className="min-h-40">
      <QueryView query={query} height="min-h-16">
        {({ channels }) => (
          <p className="mb-2">
            {channels.length === 0 ? (
              <StateMark state="warning" word={t.noChannels} />
            ) : (
              <>
                {t.channels}: {channels.map((one) => t.channelNames[one]).join(', ')}
              </>
            )}
          </p>
        )}
      </QueryView>
      <Button className="self-start" why={canTriage ? null : m.common.notPermitted} onClick={() => void test()}>
        {t.test}
      </Button>
      <div role="status" className="mt-2">
        {findings.map((finding) => (
          <p key={finding} className="break-words">
            {findingWords(finding, m)}
          </p>
        ))}
      </div>
    </Panel>
  )
}
