import { findingWords } from '../finding-words.ts'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { TriageAnswer, TriageMoveName } from '@spark/contract/triage'
import { useCommand } from '../commands.ts'
import { Button } from '../components/button.tsx'
import { ConfirmDialog } from '../components/confirm-dialog.tsx'
import { RolloutCommandDialog } from '../components/rollout-command-dialog.tsx'
import { StateMark } from '../components/state-mark.tsx'
import type { TriageCard } from '../copilot/copilot.ts'
import { gateText, limitTexts } from '../gate-view.ts'
import { useLanguage } from '../i18n/language.tsx'
import { usePermissions } from '../session.ts'

/** Cause, figures and one-press counter-moves for a gate that warns or is breached. */
export function TriageCardView({ card: { gate: view, moves, rollback } }: { card: TriageCard }) {
  const { m, f } = useLanguage()
  const { copilot: t } = m
  const { canBrake, canTriage } = usePermissions()
  const [asked, setAsked] = useState<TriageMoveName | 'rollback' | null>(null)
  const [found, setFound] = useState<TriageAnswer | null>(null)
  const { gate, value, state, inBreachS } = view
  const limits = limitTexts(view, f)
  const why = canTriage ? null : m.common.notPermitted
  const close = () => setAsked(null)
  return (
    <article
      data-card={gate}
      className={`grid gap-1.5 rounded border p-2 ${state === 'critical' ? 'border-red-line' : 'border-amber-line'}`}
    >
      <h4 className="flex justify-between gap-2 font-semibold">
        {t.card[gate]} <StateMark state={state} />
      </h4>
      <p>{t.cause[gate]}</p>
      <p className="text-xs text-muted">
        {t.figures(gateText(gate, value, f), limits.good, limits.critical)}
        {inBreachS > 0 && `; ${t.since(f.duration(inBreachS * 1000))}`}
      </p>
      <div className="flex flex-wrap gap-1.5">
        {moves.map((move) => (
          <Button key={move} why={why} className="text-xs" onClick={() => setAsked(move)}>
            {t.moves[move]}
          </Button>
        ))}
        {rollback && (
          <Button
            tone="danger"
            why={canBrake ? null : m.common.notPermitted}
            className="text-xs"
            onClick={() => setAsked('rollback')}
          >
            {t.rollback}
          </Button>
        )}
        {gate === 'dead_letters' && (
          <Link to="/queue" className="self-center text-accent underline">
            {t.openQueue}
          </Link>
        )}
      </div>
      {found !== null && <Findings found={found} />}
      {asked === 'rollback' && <RolloutCommandDialog command="rollback" onClose={close} />}
      {asked !== null && asked !== 'rollback' && (
        <MoveDialog move={asked} reason={t.card[gate]} onFound={setFound} onClose={close} />
      )}
    </article>
  )
}

function Findings({ found }: { found: TriageAnswer }) {
  const { m } = useLanguage()
  return (
    <div role="status" className="rounded bg-raised p-2 text-xs">
      <p className="text-muted">{m.copilot.found}</p>
      <ul>
        {found.findings.map((finding) => (
          <li key={finding} className="break-words">
            {findingWords(finding, m)}
          </li>
        ))}
      </ul>
      {found.after !== null && <p>{m.copilot.changed(JSON.stringify(found.before), JSON.stringify(found.after))}</p>}
    </div>
  )
}

interface MoveDialogProps {
  move: TriageMoveName
  reason: string
  onFound: (found: TriageAnswer) => void
  onClose: () => void
}

function MoveDialog({ move, reason: firstReason, onFound, onClose }: MoveDialogProps) {
  const { m } = useLanguage()
  const { copilot: t } = m
  const run = useCommand()
  return (
    <ConfirmDialog
      title={t.moves[move]}
      firstReason={firstReason}
      confirm={t.moves[move]}
      onConfirm={async (reason) => {
        const found = await run('triage', { params: { move }, body: { reason } }, t.moves[move])
        if (found !== null) onFound(found)
        return found !== null
      }}
      onClose={onClose}
    >
      <p>{t.moveAsk}</p>
    </ConfirmDialog>
  )
}
