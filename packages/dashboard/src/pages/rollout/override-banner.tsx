import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useCommand } from '../../commands.ts'
import { Until } from '../../components/ago.tsx'
import { Button } from '../../components/button.tsx'
import { ConfirmDialog } from '../../components/confirm-dialog.tsx'
import { useLanguage } from '../../i18n/language.tsx'
import { queries } from '../../queries.ts'
import { usePermissions } from '../../session.ts'

/** An override that waits for a second person, and that person's word. */
export function OverrideBanner() {
  const { m } = useLanguage()
  const { rollout: t } = m
  const run = useCommand()
  const { canOverride } = usePermissions()
  const [agreeing, setAgreeing] = useState(false)
  const asked = useQuery(queries.overrideAsked).data?.asked ?? null
  if (asked === null) return null
  const agree = async () =>
    (await run('rolloutOverrideAgree', { params: { id: asked.id }, body: { confirm: 'override' } }, t.agree)) !== null
  return (
    <div className="flex flex-wrap items-center justify-between gap-2 rounded-lg border border-amber-line bg-amber-ground p-3 text-amber">
      <span>
        {t.overrideAsked(asked.by, asked.reason)} (<Until ms={asked.expiresAt} />)
      </span>
      <Button why={canOverride ? null : m.common.notPermitted} onClick={() => setAgreeing(true)}>
        {t.agree}
      </Button>
      {agreeing && (
        <ConfirmDialog
          title={t.agree}
          word="override"
          firstReason={null}
          confirm={t.agree}
          onConfirm={agree}
          onClose={() => setAgreeing(false)}
        >
          <p className="text-text">{t.agreeWhat}</p>
        </ConfirmDialog>
      )}
    </div>
  )
}
