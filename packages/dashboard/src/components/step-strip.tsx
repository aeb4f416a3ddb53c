import type { RolloutView } from '@spark/contract/rollout'
import { useLanguage } from '../i18n/language.tsx'

/** off — preview ✓ — 10 % ●━━ — 50 % — 100 % — done, with the good time that the step of now has served. */
export function StepStrip({ view }: { view: RolloutView }) {
  const { m, f } = useLanguage()
  const { rollout: t } = m
  const over = view.phase === 'done'
  const off = view.subState === 'ended' || view.phase === 'preview_only'
  const share = view.dwell.neededS === 0 ? 1 : Math.min(1, view.dwell.servedS / view.dwell.neededS)
  const name = (at: number) => (view.steps[at]?.share === 0 ? t.previewCeiling : f.percent(view.steps[at]?.share ?? 0))
  return (
    <ol className="flex items-center gap-1 overflow-hidden px-3 pb-2 text-xs sm:gap-1.5" aria-label={t.timeline}>
      <li className={off ? 'font-semibold' : ''}>{t.offStep}</li>
      {view.steps.map((step, at) => {
        const served = over || at < view.step.index
        const current = !over && !off && at === view.step.index
        return (
          <li
            key={step.name}
            className="flex min-w-fit flex-1 items-center gap-1 sm:gap-1.5"
            aria-current={current ? 'step' : undefined}
          >
            <span className={`whitespace-nowrap ${current ? 'font-semibold' : ''}`}>
              {current ? '● ' : ''}
              {name(at)}
              {served ? ' ✓' : ''}
              {(served || current) && <span className="sr-only"> {served ? t.served : t.current}</span>}
            </span>
            <svg className="h-1 w-1 min-w-1 flex-1" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
              <rect width="100" height="4" fill="currentColor" opacity="0.2" />
              <rect width={served ? 100 : current ? 100 * share : 0} height="4" fill="currentColor" opacity="0.8" />
            </svg>
          </li>
        )
      })}
      <li className={over ? 'font-semibold' : ''}>{t.doneStep}</li>
    </ol>
  )
}
