import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useDeferredValue } from 'react'
import { reasonsOf } from '../audit-reasons.ts'
import { useCommand } from '../commands.ts'
import { Ago } from '../components/ago.tsx'
import { Button } from '../components/button.tsx'
import { QueryView } from '../components/query-view.tsx'
import { StateMark } from '../components/state-mark.tsx'
import { cardsOf, checksOf, type Check, type TriageCard } from '../copilot/copilot.ts'
import { useLanguage } from '../i18n/language.tsx'
import { useStream } from '../live/event-stream.ts'
import { queries } from '../queries.ts'
import { toldWords } from '@spark/contract/speech/told-words'
import { usePermissions } from '../session.ts'
import { TriageCardView } from './triage-card.tsx'

/** The playbook come alive: the step, the checks, what to do about what is wrong, and what was done. No language model. */
export function CopilotPanel({ onClose }: { onClose: () => void }) {
  const { m, f } = useLanguage()
  const { copilot: t } = m
  const { status } = useStream()
  // Its place is there at once, so that nothing moves; what stands in it comes after the sentence.
  const isDue = useDeferredValue(true, false)
  const installation = useQuery(queries.installation).data
  const risk = useQuery(queries.risk).data
  const asked = useQuery(queries.rollout)
  const rollout = asked.data
  const queue = useQuery(queries.queue).data
  const alerts = useQuery(queries.alerts).data?.items
  const checks = checksOf({ stream: status, installation, risk, rollout, queue, alerts })
  const step =
    rollout === undefined
      ? ''
      : rollout.id === null
        ? t.noStep
        : t.step(f.number(rollout.step.index + 1), f.number(rollout.steps.length))
  return (
    <aside
      aria-label={t.title}
      className="absolute inset-y-0 right-0 z-30 flex w-[min(21rem,100%)] shrink-0 flex-col gap-4 overflow-y-auto border-s border-line bg-surface p-3 shadow-lg lg:static lg:w-72 lg:shadow-none xl:w-80"
    >
      <div className="flex items-center justify-between">
        <h2 className="font-semibold">{t.title}</h2>
        <span className="text-muted">{step}</span>
        <button type="button" className="rounded px-2 text-lg hover:bg-raised" aria-label={m.common.close} onClick={onClose}>
          ×
        </button>
      </div>
      {isDue && (
        <>
          <Checks checks={checks} />
          <section className="grid gap-2">
            <h3 className="text-xs text-muted">{t.cards}</h3>
            <QueryView query={asked} height="min-h-10">
              {(view) => <Cards cards={cardsOf(view)} />}
            </QueryView>
          </section>
          <OpenAlerts />
          <DoneSoFar />
        </>
      )}
    </aside>
  )
}

function Cards({ cards }: { cards: readonly TriageCard[] }) {
  const { copilot: t } = useLanguage().m
  if (cards.length === 0) return <p>{t.noCards}</p>
  return cards.map((card) => <TriageCardView key={card.gate.gate} card={card} />)
}

function Checks({ checks }: { checks: readonly Check[] }) {
  const { m } = useLanguage()
  const { copilot: t } = m
  return (
    <section>
      <h3 className="text-xs text-muted">{t.checks}</h3>
      <ul>
        {checks.map(({ name, holds }) => (
          <li
            key={name}
            className="flex items-baseline justify-between gap-2 py-0.5"
            data-check={name}
            data-holds={String(holds)}
          >
            <span>{t.check[name]}</span>
            <StateMark
              state={holds === null ? 'no_data' : holds ? 'ok' : 'warning'}
              word={holds === null ? '?' : holds ? m.common.yes : m.common.no}
            />
          </li>
        ))}
      </ul>
      {checks.every(({ holds }) => holds === true) && <p className="mt-1 text-muted">{t.allGood}</p>}
    </section>
  )
}

const ALERTS_SHOWN = 5

function OpenAlerts() {
  const { m, f } = useLanguage()
  const { copilot: t } = m
  const run = useCommand()
  const { canHandleAlerts } = usePermissions()
  const asked = useQuery(queries.alerts)
  const all = (asked.data?.items ?? []).filter(({ state }) => state !== 'snoozed')
  const open = all.slice(0, ALERTS_SHOWN)
  if (open.length === 0 && asked.error === null) return null
  return (
    <section className="grid gap-2">
      <h3 className="text-xs text-muted">
        {t.alerts}
        {all.length > open.length && ` (${f.number(open.length)}/${f.number(all.length)})`}
      </h3>
      {asked.error !== null && <p className="text-amber">{m.common.failed}</p>}
      {open.map(({ id, severity, message, state, lastTs, count, changedBy }) => (
        <article key={id} className={`rounded border p-2 ${severity === 'red' ? 'border-red-line' : 'border-amber-line'}`}>
          <StateMark state={severity === 'red' ? 'critical' : 'warning'} />
          <p className="break-words">{toldWords(message, { m, f })}</p>
          <p className="flex flex-wrap items-center justify-between gap-2 text-xs text-muted">
            <span>
              <Ago ms={lastTs} /> · {t.fires(f.number(count))}
            </span>
            {state === 'firing' ? (
              <Button
                className="text-xs"
                why={canHandleAlerts ? null : m.common.notPermitted}
                onClick={() => void run('alertAcknowledge', { params: { id: String(id) }, body: {} }, t.acknowledge)}
              >
                {t.acknowledge}
              </Button>
            ) : (
              <span>{t.acknowledged(changedBy ?? '')}</span>
            )}
          </p>
        </article>
      ))}
    </section>
  )
}

const DONE_SHOWN = 8

function DoneSoFar() {
  const { m, f } = useLanguage()
  const { copilot: t } = m
  // Many questions, which nobody waits for: the sentence above the page comes first.
  const isAsked = !useQuery(queries.rollout).isPending
  const decisions = useQuery({ ...queries.decisions, enabled: isAsked })
  return (
    <section>
      <h3 className="text-xs text-muted">{t.did}</h3>
      <QueryView query={decisions} height="min-h-10">
        {(all) => (
          <>
            {all.length === 0 && <p>{t.didNothing}</p>}
            <ul className="grid gap-1">
              {all.slice(0, DONE_SHOWN).map((item) => (
                <li key={item.id} className="min-w-0 break-words">
                  <Link
                    to="/audit"
                    search={item.traceId === null ? { action: item.action } : { traceId: item.traceId }}
                    className="text-accent underline"
                  >
                    {item.action}
                  </Link>{' '}
                  <span className="text-muted">{item.actor}</span>, <Ago ms={item.ts} />
                  <span className="block text-xs text-muted">
                    {reasonsOf(item)
                      .map((reason) => toldWords(reason, { m, f }))
                      .join('; ')}
                  </span>
                </li>
              ))}
            </ul>
          </>
        )}
      </QueryView>
    </section>
  )
}
