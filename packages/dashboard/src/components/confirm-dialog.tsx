import { useState, type FormEvent, type ReactNode } from 'react'
import { useLanguage } from '../i18n/language.tsx'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'

interface ConfirmDialogProps {
  title: string
  /** What will change. */
  children: ReactNode
  /** The word that must be typed; null: the press is enough. */
  word?: string | null
  /** What stands in the field of the reason at first; null: the command takes none, and no field is shown. */
  firstReason: string | null
  confirm: string
  tone?: 'accent' | 'danger'
  /** Resolves with whether it was done; the dialog stays open when it was not. */
  onConfirm: (reason: string) => Promise<boolean>
  onClose: () => void
}

const REASON_MAX = 500

/** What a command will change, its reason where it takes one, and for what adds risk a word to type. */
export function ConfirmDialog({
  title,
  children,
  word = null,
  firstReason,
  confirm,
  tone = 'accent',
  onConfirm,
  onClose,
}: ConfirmDialogProps) {
  const { m } = useLanguage()
  const [typed, setTyped] = useState('')
  const [reason, setReason] = useState(firstReason ?? '')
  const [busy, setBusy] = useState(false)
  const wrong = (word !== null && typed !== word) || (firstReason !== null && reason.trim() === '')
  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault()
    if (wrong || busy) return
    setBusy(true)
    if (await onConfirm(reason.trim())) onClose()
    else setBusy(false)
  }
  return (
    <Dialog title={title} onClose={onClose}>
      <form className="grid gap-3" onSubmit={(event) => void submit(event)}>
        <div className="grid gap-2">{children}</div>
        {firstReason !== null && (
          <label className="grid gap-1">
            {m.common.reason}
            <input
              className="field"
              value={reason}
              maxLength={REASON_MAX}
              required
              onChange={(event) => setReason(event.target.value)}
            />
          </label>
        )}
        {word !== null && (
          <label className="grid gap-1">
            {m.common.typeWord(word)}
            <input
              className="field font-mono"
              value={typed}
              autoComplete="off"
              autoCapitalize="off"
              spellCheck={false}
              onChange={(event) => setTyped(event.target.value)}
            />
          </label>
        )}
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={onClose}>{m.common.cancel}</Button>
          <Button tone={tone} type="submit" disabled={wrong || busy}>
            {confirm}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
