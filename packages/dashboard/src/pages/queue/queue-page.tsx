import { HeadRow, figures } from '../../components/head-row.tsx'
import { ScrollTable } from '../../components/scroll-table.tsx'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { AnswerOf } from '@spark/contract/routes'
import { useCommand } from '../../commands.ts'
import { Ago } from '../../components/ago.tsx'
import { Button } from '../../components/button.tsx'
import { ConfirmDialog } from '../../components/confirm-dialog.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { useLanguage } from '../../i18n/language.tsx'
import { whyText } from '../../i18n/why.ts'
import { queries } from '../../queries.ts'
import { usePermissions } from '../../session.ts'

type DeadLetter = AnswerOf<'deadLetters'>['items'][number]

export function QueuePage() {
  const { m, f } = useLanguage()
  const { trading: t } = m
  const depth = useQuery(queries.queue)
  const dead = useQuery(queries.deadLetters)
  return (
    <div className="grid gap-3 p-2 sm:p-3">
      <h1 className="sr-only">{t.queue}</h1>
      <Panel title={t.queue} className="min-h-40">
        <QueryView query={depth} height="min-h-32">
          {({ queues }) => (
            <ScrollTable label={t.queue}>
              <HeadRow
                columns={[t.queue, ...(['ready', 'delayed', 'leased', 'dead', 'lag'] as const).map((name) => figures(t[name]))]}
              />
              <tbody>
                {Object.entries(queues).map(([name, { ready, delayed, leased, dead: died, lagMs }]) => (
                  <tr key={name}>
                    <th scope="row">{name}</th>
                    <td className="number">{f.number(ready)}</td>
                    <td className="number">{f.number(delayed)}</td>
                    <td className="number">{f.number(leased)}</td>
                    <td className="number">{f.number(died)}</td>
                    <td className="number">{f.duration(lagMs)}</td>
                  </tr>
                ))}
              </tbody>
            </ScrollTable>
          )}
        </QueryView>
      </Panel>
      <Panel title={t.deadLetters} className="min-h-40">
        <QueryView query={dead}>
          {({ items }) =>
            items.length === 0 ? (
              <p className="text-muted">{t.noDead}</p>
            ) : (
              <ul>
                {items.map((letter) => (
                  <DeadLetterRow key={letter.id} letter={letter} />
                ))}
              </ul>
            )
          }
        </QueryView>
      </Panel>
    </div>
  )
}

function DeadLetterRow({ letter: { id, queue, key, payload, attempts, reason, detail, diedAt } }: { letter: DeadLetter }) {
  const { m, f } = useLanguage()
  const { trading: t } = m
  const run = useCommand()
  const { canHandleQueue } = usePermissions()
  const [asked, setAsked] = useState<'redrive' | 'discard' | null>(null)
  const why = canHandleQueue ? null : m.common.notPermitted
  const route = asked === 'discard' ? 'deadLetterDiscard' : 'deadLetterRedrive'
  return (
    <li className="border-b border-line py-2">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="font-medium" title={reason}>
          {whyText(reason, m.why)}
        </span>
        <span className="min-w-0 break-all text-muted">
          {queue} · {key}
        </span>
        <span>{t.attempts(f.number(attempts))}</span>
        <Ago ms={diedAt} />
        <span className="ms-auto flex gap-2">
          <Button why={why} onClick={() => setAsked('redrive')}>
            {t.redrive}
          </Button>
          <Button tone="danger" why={why} onClick={() => setAsked('discard')}>
            {t.discard}
          </Button>
        </span>
      </div>
      <p className="break-words text-muted" lang="en">
        {detail}
      </p>
      <details>
        <summary>{t.payload}</summary>
        <pre className="max-h-60 overflow-auto rounded bg-raised p-2 text-xs break-words whitespace-pre-wrap" tabIndex={0}>
          {JSON.stringify(payload, null, 2)}
        </pre>
      </details>
      {asked !== null && (
        <ConfirmDialog
          title={t[asked]}
          firstReason={m.rollout.fromDashboard}
          confirm={t[asked]}
          tone={asked === 'discard' ? 'danger' : 'accent'}
          onConfirm={async (said) => (await run(route, { params: { id }, body: { reason: said } }, t[asked])) !== null}
          onClose={() => setAsked(null)}
        >
          <p>{t[`${asked}What`]}</p>
        </ConfirmDialog>
      )}
    </li>
  )
}
