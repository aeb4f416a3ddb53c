import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { useLanguage } from '../../i18n/language.tsx'
import { queries } from '../../queries.ts'

/** The playbook's limit; a rollout's plan may have another. */
const GOOD = 2
const CRITICAL = 5

export function DeadLetterPanel() {
  const { m, f } = useLanguage()
  const query = useQuery(queries.queue)
  const rollout = useQuery(queries.rollout).data
  const gate = rollout !== undefined && rollout.id !== null ? rollout.gates.find((one) => one.gate === 'dead_letters') : undefined
  const good = gate?.good ?? GOOD
  const critical = gate?.critical ?? CRITICAL
  return (
    <Panel title={m.overview.dlq} what={m.overview.dlqTarget(f.number(good))} className="min-h-28">
      <QueryView query={query} height="min-h-12">
        {({ dlq_size: size }) => (
          <div className="flex flex-wrap items-baseline gap-3">
            <span className="text-2xl font-semibold" data-counter="dlq">
              {f.number(size)}
            </span>
            <StateMark state={size <= good ? 'ok' : size <= critical ? 'warning' : 'critical'} />
            <Link to="/queue" className="ms-auto text-accent underline">
              {m.overview.dlqOpen}
            </Link>
          </div>
        )}
      </QueryView>
    </Panel>
  )
}
