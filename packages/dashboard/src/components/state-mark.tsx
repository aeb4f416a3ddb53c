import { useLanguage } from '../i18n/language.tsx'

export type State = 'ok' | 'warning' | 'critical' | 'no_data'

const SHAPES: Record<State, { path: string; colour: string }> = {
  ok: { path: 'M6 1a5 5 0 1 0 0 10A5 5 0 0 0 6 1Zm0 1.6a3.4 3.4 0 1 1 0 6.8 3.4 3.4 0 0 1 0-6.8Z', colour: 'text-muted' },
  warning: { path: 'M6 .8 11.6 11H.4Z', colour: 'text-amber' },
  critical: { path: 'M3.7.6h4.6l3.1 3.1v4.6l-3.1 3.1H3.7L.6 8.3V3.7Z', colour: 'text-red' },
  no_data: { path: 'M1 5.2h4v1.6H1Zm6 0h4v1.6H7Z', colour: 'text-muted' },
}

/** A state by shape, word and colour: any of the three is enough to read it. */
export function StateMark({ state, word }: { state: State; word?: string }) {
  const { m } = useLanguage()
  const { path, colour } = SHAPES[state]
  return (
    <span className={`inline-flex items-center gap-1 ${colour}`}>
      <svg viewBox="0 0 12 12" width="11" height="11" aria-hidden="true" className="shrink-0">
        <path d={path} fill="currentColor" fillRule="evenodd" />
      </svg>
      {word ?? m.common.states[state]}
    </span>
  )
}
