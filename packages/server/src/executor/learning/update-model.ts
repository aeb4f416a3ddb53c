import { DEFAULT_BARRIERS } from '@spark/core/calibration/labels'
import { isLeftOut } from '@spark/core/calibration/leave-out'
import { createLearnerState } from '@spark/core/learning/learner-state'
import { mondayFrom, withoutOverlap } from '@spark/core/learning/learn-weeks'
import { sampleOfLabel } from '@spark/core/learning/sample-of-label'
import { updateWeekly, type LearningSample, type WeeklyUpdate } from '@spark/core/learning/weekly-update'
import { streamName, type Stream } from '@spark/core/market/candle'
import { timeframeMs } from '@spark/core/market/timeframe'
import { hasEnded } from '@spark/core/rollout/state'
import { modelHash, type Model } from '@spark/core/signal/model'
import { dayText } from '@spark/contract/time'
import { told } from '@spark/contract/told'
import { intactDocument } from '../../model-state.ts'
import { sha256 } from '../../sha256.ts'
import type { ReadMarkers } from '../../calibration-markers.ts'
import type { AuditOutbox } from '../../storage/audit-outbox.ts'
import type { LabelStore, StoredLabel } from '../../storage/label-store.ts'
import type { LearnerStore, StoredLearner } from '../../storage/learner-store.ts'
import type { ModelStore } from '../../storage/model-store.ts'
import type { RolloutStore } from '../../storage/rollout-store.ts'
import type { StrategyStore } from '../../storage/strategy-store.ts'
import { mainStreams } from '../../main-streams.ts'

const WEEK_MS = 7 * 86_400_000
/** Labels that come later than a day after their week are left out: a stream without candles must not hold up the others. */
const PATIENCE_MS = 86_400_000
const LABELS_AT_ONCE = 5000

export interface UpdateDeps {
  learner: LearnerStore
  labels: Pick<LabelStore, 'streams' | 'enteredFrom'>
  models: Pick<ModelStore, 'get' | 'put' | 'aliases'>
  rollouts: Pick<RolloutStore, 'newest'>
  strategies: Pick<StrategyStore, 'list'>
  markers: () => Promise<Pick<ReadMarkers, 'leftOut'>>
  outbox: Pick<AuditOutbox, 'add'>
  streams: readonly Stream[]
  baseAsset: (symbol: string) => string
  /** ML_SIGNAL_WEIGHTS is set: what a person chose is not learned over. */
  weightsFixed: boolean
  marketMs: () => number
  clock: { nowMs(): number }
}

/**
 * The weekly update: once for each Monday of the market, on the labels of the champion that were over by then. The candidate is
 * stored, becomes the challenger and takes over only by a rollout. All of it follows from what is stored: what a crash interrupts
 * is done by the next run, with the same candidate.
 */
export async function updateModel(deps: UpdateDeps): Promise<string> {
  const { learner, clock } = deps
  const cutMs = mondayFrom(deps.marketMs() + 1) - WEEK_MS
  const known = await learner.get()
  if (known !== null && known.learnedTo >= cutMs) return told('week_learned', { day: dayText(cutMs) })
  const parent = await championOf(deps)
  if (parent === null) return told('no_champion')
  const judged = mainStreams(deps.streams, await deps.strategies.list(), deps.baseAsset)
  const behind = await streamsBehind(deps, judged, cutMs)
  if (behind.length > 0 && deps.marketMs() < cutMs + PATIENCE_MS) return told('labels_behind', { streams: behind.join(', ') })
  const samples = await samplesOf(deps, parent.version, judged, { fromMs: known?.learnedTo ?? 0, toMs: cutMs })
  const update = updateWeekly(
    {
      parent,
      state: known?.state ?? createLearnerState(),
      samples,
      weightsFixed: deps.weightsFixed,
      rolloutStartedMs: await rolloutStartedMs(deps),
      nowMs: clock.nowMs(),
      trainedAt: cutMs,
      expiresAt: null,
    },
    sha256,
  )
  // In the first day of a rollout the labels wait for a later run.
  if (!update.ok && (update.refusal === 'rollout_first_day' || update.refusal === 'not_converged')) return update.detail
  return keep(deps, known, { cutMs, parent, update })
}

/** The document in effect; null when it is not the one that was stored. */
async function championOf({ models }: UpdateDeps): Promise<Model | null> {
  const { champion } = await models.aliases()
  const stored = champion === undefined ? null : await models.get(champion)
  return stored === null ? null : intactDocument(stored)
}

async function rolloutStartedMs({ rollouts }: UpdateDeps): Promise<number | null> {
  const rollout = await rollouts.newest()
  return rollout === null || hasEnded(rollout.state) ? null : rollout.startedAt
}

/** Streams whose labels do not reach the end of the week yet. */
async function streamsBehind({ labels }: UpdateDeps, judged: readonly Stream[], cutMs: number): Promise<string[]> {
  const lastTs = new Map((await labels.streams()).map(({ stream, lastTs: ts }) => [streamName(stream), ts]))
  return judged.filter((stream) => (lastTs.get(streamName(stream)) ?? 0) + timeframeMs(stream.tf) < cutMs).map(streamName)
}

/** Entered and over within the stretch, outside marked times, one at a time of a symbol. */
async function samplesOf(
  { labels, markers }: UpdateDeps,
  model: string,
  judged: readonly Stream[],
  { fromMs, toMs }: { fromMs: number; toMs: number },
): Promise<LearningSample[]> {
  const wanted = new Set(judged.map(streamName))
  const { leftOut } = await markers()
  const { expiryCandles } = DEFAULT_BARRIERS
  const counts = ({ stream, label: { entryTs: entryMs, exitTs } }: StoredLabel) =>
    wanted.has(streamName(stream)) && exitTs <= toMs && !isLeftOut(leftOut, { tf: stream.tf, entryMs, expiryCandles })
  const read = new Map<string, NonNullable<ReturnType<typeof sampleOfLabel>>>()
  for (let at = fromMs; ;) {
    const page = await labels.enteredFrom(model, at, LABELS_AT_ONCE)
    for (const one of page) {
      const sample = counts(one) ? sampleOfLabel(one.stream, one.label) : null
      if (sample !== null) read.set(`${sample.stream} ${sample.ts}`, sample)
    }
    const lastMs = page.at(-1)?.label.entryTs ?? toMs
    // A page of one single moment would come again for ever.
    if (page.length < LABELS_AT_ONCE || lastMs >= toMs || lastMs === at) return withoutOverlap([...read.values()])
    at = lastMs
  }
}

async function keep(
  { learner, models, outbox, clock }: UpdateDeps,
  known: StoredLearner | null,
  { cutMs, parent, update }: { cutMs: number; parent: Model; update: WeeklyUpdate },
): Promise<string> {
  const nowMs = clock.nowMs()
  const candidate = update.ok ? { version: update.candidate.version, parent: parent.version, evidence: update.evidence } : null
  if (update.ok) await models.put(update.candidate, modelHash(update.candidate, sha256), nowMs)
  const said = update.ok
    ? told('candidate_made', {
        model: update.candidate.version,
        labels: update.evidence.labels,
        day: dayText(cutMs),
        parent: parent.version,
      })
    : told('no_candidate', { words: update.detail })
  const saved = await learner.save(
    { state: update.state, learnedTo: cutMs },
    {
      fromTo: known?.learnedTo ?? null,
      candidate,
      nowMs,
      async also(trx) {
        if (candidate === null) return
        const context = { model: candidate.version, parent: parent.version, labels: candidate.evidence.labels, learnedTo: cutMs }
        await outbox.add(trx, [
          { ts: nowMs, action: 'model.candidate', actor: 'job', traceId: `learn-${cutMs}`, result: 'ok', context },
        ])
      },
    },
  )
  return saved ? said : 'somebody else has learned the week in the meantime'
}
