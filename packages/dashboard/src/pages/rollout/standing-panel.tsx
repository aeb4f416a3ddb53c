import type { ReactNode } from 'react'
import type { RolloutView } from '@spark/contract/rollout'
import { Moment } from '../../components/ago.tsx'
import { Panel } from '../../components/panel.tsx'
import { useLanguage } from '../../i18n/language.tsx'
import { useQuote } from '../../quote.ts'
import { reasonWords } from '@spark/contract/speech/reason-words'

/** Exposure, good time, ceiling, model, modifiers, and the controller's own reasons. */
export function StandingPanel({ view }: { view: RolloutView }) {
  const { m, f } = useLanguage()
  const quote = useQuote()
  const { rollout: t } = m
  const { exposure, dwell, floor, pollIntervalMs, modifiers } = view
  const seconds = (ms: number) => f.figure(ms / 1000, 's')
  const based = (now: string, base: string) => (now === base ? now : `${now} (${t.base(base)})`)
  return (
    <Panel title={t.standing} what={view.id}>
      <dl className="grid gap-x-6 gap-y-2 sm:grid-cols-2 lg:grid-cols-3">
        <Fact name={t.exposure}>
          {exposure.strategies === 0
            ? t.nobody
            : t.acting(`${f.number(exposure.strategies)}/${f.number(exposure.of)}`, f.percent(exposure.share, 1))}
          <span className="block text-xs text-muted">
            {t.capital}: {f.money(exposure.capital)} / {f.amount(exposure.ofCapital, quote)}
          </span>
        </Fact>
        <Fact name={t.subStates[view.subState]}>{t.good(f.clock(dwell.servedS * 1000), f.clock(dwell.neededS * 1000))}</Fact>
        <Fact name={t.ceilingName}>{view.ceiling === 0 ? t.previewCeiling : f.percent(view.ceiling)}</Fact>
        <Fact name={t.model}>
          {view.model.version}
          <span className="block font-mono text-xs text-muted">{view.model.hash.slice(0, 12)}</span>
        </Fact>
        <Fact name={t.verdict}>{t.verdictNames[view.verdict]}</Fact>
        <Fact name={t.plan}>
          <span className="font-mono">{view.planDigest.slice(0, 12)}</span>
          <span className="block text-xs text-muted">
            {t.startedBy(view.startedBy)}, <Moment ms={view.startedAt} />
          </span>
        </Fact>
        <Fact name={t.floorName}>{based(f.number(floor.effective, 2), f.number(floor.base, 2))}</Fact>
        <Fact name={t.pollName}>{based(seconds(pollIntervalMs.effective), seconds(pollIntervalMs.base))}</Fact>
        <Fact name={t.modifiers}>
          {modifiers.length === 0
            ? m.common.none
            : modifiers
                .map(({ gate, kind }) => `${kind === 'floor' ? t.floorName : t.pollName} (${m.common.gates[gate]})`)
                .join(', ')}
        </Fact>
      </dl>
      {view.reasons.length > 0 && (
        <div className="mt-3">
          <h3 className="text-xs text-muted">{view.subState === 'ended' ? t.whyEnded : t.waitsFor}</h3>
          <ul className="list-disc ps-5">
            {view.reasons.map((reason) => (
              <li key={reason}>{reasonWords(reason, { m, f })}</li>
            ))}
          </ul>
        </div>
      )}
    </Panel>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt className="text-xs text-muted">{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
