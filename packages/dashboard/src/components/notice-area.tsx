import { useLanguage } from '../i18n/language.tsx'
import { dismiss, useNotices } from '../notices.ts'

/** Words about commands, in a corner; a screen reader says them. */
export function NoticeArea() {
  const notices = useNotices()
  const { m } = useLanguage()
  return (
    <div
      role="status"
      aria-live="polite"
      className="pointer-events-none fixed right-3 bottom-3 z-50 grid w-[min(26rem,calc(100vw-1.5rem))] gap-2"
    >
      {notices.map(({ id, tone, text, next }) => (
        <div
          key={id}
          data-notice={tone}
          className={`pointer-events-auto flex items-start justify-between gap-2 rounded-md border p-3 shadow-lg ${tone === 'failed' ? 'border-red-line bg-red-ground text-red' : 'border-line bg-surface'}`}
        >
          <div className="min-w-0 break-words">
            <p>{text}</p>
            {next !== null && <p className="mt-1 text-xs">{next}</p>}
          </div>
          <button type="button" className="px-1" aria-label={m.common.close} onClick={() => dismiss(id)}>
            ×
          </button>
        </div>
      ))}
    </div>
  )
}
