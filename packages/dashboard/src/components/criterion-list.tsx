import type { AnswerOf } from '@spark/contract/routes'
import type { FigureUnit } from '../format/format.ts'
import { useLanguage } from '../i18n/language.tsx'
import { toldWords } from '@spark/contract/speech/told-words'
import { StateMark } from './state-mark.tsx'

type Criterion = NonNullable<AnswerOf<'rehearsalReport'>['report']>['criteria'][number]

const UNITS: Record<string, FigureUnit> = {
  p95: 'ms',
  staleness: 's',
  error_rate: 'percent',
  confid_median: 'confidence',
  balance: 'share',
}

/** The criteria of the playbook with what was measured. */
export function CriterionList({ criteria }: { criteria: readonly Criterion[] }) {
  const { m, f } = useLanguage()
  const names = m.rollout.criterionNames as Record<string, string>
  return (
    <ul>
      {criteria.map(({ name, met, value, target, unknownS, unwatchedS }) => (
        <li key={name} className="grid grid-cols-[1fr_auto_7rem] items-baseline gap-x-3 border-b border-line py-1">
          <span>
            {names[name] ?? name}{' '}
            <span className="text-xs text-muted">
              {[
                toldWords(target, { m, f }),
                ...(unknownS === undefined ? [] : [m.rollout.criterionUnknown(f.duration(unknownS * 1000))]),
                ...(unwatchedS === undefined ? [] : [m.rollout.criterionUnwatched(f.duration(unwatchedS * 1000))]),
              ].join('; ')}
            </span>
          </span>
          <span className="text-end">{f.figure(value, UNITS[name] ?? 'count')}</span>
          <StateMark state={met ? 'ok' : 'warning'} word={met ? m.rollout.criterionMet : m.rollout.criterionMissed} />
        </li>
      ))}
    </ul>
  )
}
