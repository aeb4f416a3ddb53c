import { useQuery } from '@tanstack/react-query'
import { StepStrip } from '../components/step-strip.tsx'
import { errorAndNext, errorText } from '../error-text.ts'
import { useLanguage } from '../i18n/language.tsx'
import { queries } from '../queries.ts'
import { rolloutSentence } from '../rollout-sentence.ts'

const TONES = {
  normal: 'border-line bg-surface',
  amber: 'border-amber-line bg-amber-ground text-amber',
  red: 'border-red-line bg-red-ground text-red',
}

/** The one sentence that stands before any chart, on every page. */
export function SentenceBar() {
  const spoken = useLanguage()
  const { m, f } = spoken
  const { data, error, dataUpdatedAt, refetch } = useQuery(queries.rollout)
  if (data === undefined)
    return (
      <div className="min-h-14 border-b border-line bg-surface px-3 py-2.5 text-muted">
        {error === null ? (
          m.common.loading
        ) : (
          <>
            {m.common.failed} {errorAndNext(error, spoken)}{' '}
            <button type="button" className="underline" onClick={() => void refetch()}>
              {m.common.retry}
            </button>
          </>
        )}
      </div>
    )
  const { tone, head, parts } = rolloutSentence(data, { m, f })
  return (
    <div className={`border-b ${TONES[tone]}`}>
      <p data-sentence={tone} className="min-h-10 px-3 pt-2 pb-1.5">
        <strong className="font-semibold">{head}</strong>
        {parts.map((part) => (
          <span key={part}> · {part}</span>
        ))}
        {error !== null && (
          <span className="text-amber" title={errorText(error, spoken)}>
            {' '}
            · {m.common.asOf(f.time(dataUpdatedAt))}
          </span>
        )}
      </p>
      {data.id !== null && <StepStrip view={data} />}
    </div>
  )
}
