import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { StrategyView } from '@spark/contract/trading'
import { useCommand } from '../../commands.ts'
import { Button } from '../../components/button.tsx'
import { ConfirmDialog } from '../../components/confirm-dialog.tsx'
import { useLanguage } from '../../i18n/language.tsx'
import { queries } from '../../queries.ts'
import { usePermissions } from '../../session.ts'
import { stakesOf } from './stakes.ts'

/** Whether it may trade real money. To let it adds risk, so its id is typed; to take that back is one press and one question. */
export function ArmedLine({ strategy: { id, mode } }: { strategy: StrategyView }) {
  const { m } = useLanguage()
  const { trading: t } = m
  const { canArm, canStart } = usePermissions()
  const [asking, setAsking] = useState(false)
  const armed = mode === 'live'
  const verb = armed ? t.disarmLive : t.armLive
  const may = armed ? canStart : canStart && canArm
  return (
    <p className="flex flex-wrap items-center gap-x-3 gap-y-1" data-armed={armed}>
      <span>{armed ? t.armedLive : t.notArmedLive}</span>
      <Button why={may ? null : m.common.notPermitted} onClick={() => setAsking(true)}>
        {verb}
      </Button>
      {asking && <ArmDialog id={id} armed={armed} verb={verb} onClose={() => setAsking(false)} />}
    </p>
  )
}

interface ArmDialogProps {
  id: string
  armed: boolean
  verb: string
  onClose: () => void
}

function ArmDialog({ id, armed, verb, onClose }: ArmDialogProps) {
  const { m } = useLanguage()
  const { trading: t } = m
  const run = useCommand()
  const { realMoney, why } = stakesOf(useQuery(queries.installation).data?.demo ?? [])
  const reasons = why.map((one) => `${m.common.demo[one]}.`).join(' ')
  const title = `${verb}: ${id}`
  return (
    <ConfirmDialog
      title={title}
      word={armed ? null : id}
      firstReason={m.rollout.fromDashboard}
      confirm={verb}
      tone={armed ? 'accent' : 'danger'}
      onConfirm={async (reason) =>
        (await run('strategyChange', { params: { id }, body: { mode: armed ? 'paper' : 'live', reason } }, title)) !== null
      }
      onClose={onClose}
    >
      <p>{armed ? t.disarmLiveWhat : t.armLiveWhat}</p>
      {!armed && (
        <p>
          {realMoney ? t.armLiveNow : t.armLiveLater} {reasons}
        </p>
      )}
    </ConfirmDialog>
  )
}
