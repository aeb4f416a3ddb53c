// The weekly updates of a year, pure: 120 strategies with a label an hour each, which is more than do not overlap in practice. Beside it one
// pass over the same labels that only scores them.
import { createHash } from 'node:crypto'
import { createLearnerState } from '@spark/core/learning/learner-state'
import { updateWeekly, type LearningSample } from '@spark/core/learning/weekly-update'
import { fuseParts } from '@spark/core/signal/fuse'
import { ML_FUSION_1_2 } from '@spark/core/signal/model'
import { createRandom, randomUniform } from '@spark/core/stats/random'
import { formatNumber, median } from './figure.ts'
import { bench, durationMs, progress } from './support.ts'

const WEEKS = 52
const STRATEGIES = 120
const LABELS = 168
const HOUR_MS = 3_600_000
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

function year(): LearningSample[][] {
  const random = createRandom(1)
  const part = () => 2 * randomUniform(random) - 1
  return Array.from({ length: WEEKS }, (_, week) =>
    Array.from({ length: STRATEGIES * LABELS }, (_label, at) => {
      const parts = { rsi: part(), macd: part(), trend: part() }
      const up = randomUniform(random) < 0.5 - 0.1 * parts.rsi
      const ts = (week * LABELS + Math.floor(at / STRATEGIES)) * HOUR_MS
      return { stream: `S${at % STRATEGIES}-1h`, ts, parts, longHit: up, shortHit: !up }
    }),
  )
}

function learn(weeks: readonly LearningSample[][]): void {
  let [parent, state] = [ML_FUSION_1_2, createLearnerState()]
  for (const [week, samples] of weeks.entries()) {
    const nowMs = (week + 1) * LABELS * HOUR_MS
    const common = { weightsFixed: false, rolloutStartedMs: null, nowMs, trainedAt: nowMs, expiresAt: null }
    const update = updateWeekly({ parent, state, samples, ...common }, sha256)
    if (!update.ok) throw new Error(update.detail)
    parent = update.candidate
    state = update.state
  }
}

function scoreOnly(weeks: readonly LearningSample[][]): void {
  let sum = 0
  for (const samples of weeks) for (const { parts } of samples) sum += fuseParts(ML_FUSION_1_2, parts).confid
  if (!Number.isFinite(sum)) throw new Error('a confidence is not a number')
}

await bench({ rounds: 5 }, async ({ rounds }) => {
  const weeks = year()
  const learned: number[] = []
  const scored: number[] = []
  for (let round = 0; round <= rounds; round++) {
    const [learnMs, scoreMs] = [await durationMs(() => learn(weeks)), await durationMs(() => scoreOnly(weeks))]
    progress(`learning, round ${round}/${rounds}: ${formatNumber(learnMs)} ms against ${formatNumber(scoreMs)} ms`)
    if (round === 0) continue
    learned.push(learnMs)
    scored.push(scoreMs)
  }
  const labels = WEEKS * STRATEGIES * LABELS
  return [
    {
      what: `weekly updates of a year, ${STRATEGIES} strategies`,
      baseline: null,
      unit: 's',
      values: learned.map((ms) => ms / 1000),
      target: null,
      note: `${formatNumber(labels)} labels, ${formatNumber(median(learned) / WEEKS)} ms an update of ${formatNumber(labels / WEEKS)}`,
    },
    {
      what: `weekly updates of a year, ${STRATEGIES} strategies, beside scoring`,
      baseline: 'the same labels scored once',
      unit: 'times its duration',
      values: learned.map((ms, at) => ms / (scored[at] ?? Number.NaN)),
      target: null,
      note: `${formatNumber(median(scored))} ms; an update sorts, fits four coefficients and two by Newton steps, and hashes the model`,
    },
  ]
})
