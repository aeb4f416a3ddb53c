import type { AnswerOf, BodyOf } from '@spark/contract/routes'
import { useCommand } from '../../commands.ts'
import { ConfirmDialog } from '../../components/confirm-dialog.tsx'
import { useLanguage } from '../../i18n/language.tsx'
import { limitText } from './limit-text.ts'

interface LimitsDialogProps {
  wanted: BodyOf<'riskLimitsChange'>['limits']
  limits: AnswerOf<'risk'>['limits']
  onChanged: () => void
  onClose: () => void
}

/** Old and new of each limit, and the word to type. */
export function LimitsDialog({ wanted, limits, onChanged, onClose }: LimitsDialogProps) {
  const { m, f } = useLanguage()
  const { settings: t } = m
  const shown = (text: string | null) => (text === null ? t.unlimited : limitText(text, f))
  const run = useCommand()
  return (
    <ConfirmDialog
      title={t.changeLimits}
      word="limits"
      firstReason=""
      confirm={t.changeLimits}
      onConfirm={async (reason) => {
        const answer = await run('riskLimitsChange', { body: { limits: wanted, reason } }, t.changeLimits)
        if (answer !== null) onChanged()
        return answer !== null
      }}
      onClose={onClose}
    >
      <p>{t.changeLimitsWhat}</p>
      <ul>
        {limits
          .filter(({ name }) => wanted[name] !== undefined)
          .map(({ name, limit, fileLimit }) => (
            <li key={name}>
              {t.limitNames[name]}: {shown(limit)} → <strong>{shown(wanted[name] ?? fileLimit)}</strong>
            </li>
          ))}
      </ul>
    </ConfirmDialog>
  )
}
