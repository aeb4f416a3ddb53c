import { useEffect, useId, useRef, type ReactNode } from 'react'
import { useLanguage } from '../i18n/language.tsx'

/** The browser's own modal dialog: it keeps the focus, closes on Escape and needs no style of a script. */
export function Dialog({ title, onClose, children }: { title: string; onClose: () => void; children: ReactNode }) {
  const ref = useRef<HTMLDialogElement>(null)
  const id = useId()
  const { m } = useLanguage()
  useEffect(() => {
    const dialog = ref.current
    if (dialog !== null && !dialog.open) dialog.showModal()
    return () => dialog?.close()
  }, [])
  return (
    <dialog
      ref={ref}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
      className="m-auto max-h-[90dvh] w-[min(34rem,calc(100vw-1.5rem))] overflow-y-auto rounded-lg border border-line p-4"
    >
      <div className="mb-3 flex items-start justify-between gap-3">
        <h2 id={id} className="text-base font-semibold">
          {title}
        </h2>
        <button
          type="button"
          className="rounded px-2 text-lg leading-6 hover:bg-raised"
          aria-label={m.common.close}
          onClick={onClose}
        >
          ×
        </button>
      </div>
      {children}
    </dialog>
  )
}
