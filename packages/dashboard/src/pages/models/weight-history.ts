import { PARTS } from '../calibration/part-names.ts'
import type { ModelView } from '@spark/contract/models'

export type Part = (typeof PARTS)[number]

export interface WeightPoint {
  version: string
  trainedAt: number
  weight: number
  /** Posterior on the scale of the weights, two standard deviations to each side of the mean. */
  low: number
  high: number
}

const DEVIATIONS = 2

/** Learned versions, oldest first, with what their update believed of the weight of a part. */
export function weightHistory(models: readonly ModelView[], part: Part): WeightPoint[] {
  return models
    .flatMap(({ version, trainedAt, weights, evidence }) => {
      if (trainedAt === null || weights === null || evidence === null) return []
      const { coefficients } = evidence
      // Weights are the coefficients, scaled to an absolute sum of 1.
      const scale = PARTS.reduce((sum, one) => sum + Math.abs(coefficients[one].mean), 0)
      if (!(scale > 0)) return []
      const { mean, deviation } = coefficients[part]
      const [low, high] = [mean - DEVIATIONS * deviation, mean + DEVIATIONS * deviation]
      return [{ version, trainedAt, weight: weights[part], low: low / scale, high: high / scale }]
    })
    .toSorted((a, b) => a.trainedAt - b.trainedAt)
}

export interface WeightShapes {
  /** Of the band, as an SVG polygon. */
  band: string
  line: string
  dots: { x: number; y: number }[]
  /** Where 0 lies. */
  zero: number
  top: number
  bottom: number
}

/** The points as shapes in a box, from its top left corner; the scale holds 0, every weight and every band. */
export function weightShapes(points: readonly WeightPoint[], { width, height }: { width: number; height: number }): WeightShapes {
  const values = points.flatMap(({ weight, low, high }) => [weight, low, high])
  const [bottom, top] = [Math.min(-0.1, ...values), Math.max(0.1, ...values)]
  const y = (value: number) => rounded((height * (top - value)) / (top - bottom))
  const x = (at: number) => rounded(points.length === 1 ? width / 2 : (width * at) / (points.length - 1))
  // One version alone is a bar: a band of no width would not be seen.
  const half = points.length === 1 ? 4 : 0
  const upper = points.flatMap(({ high }, at) => [
    `${x(at) - half},${y(high)}`,
    ...(half > 0 ? [`${x(at) + half},${y(high)}`] : []),
  ])
  const lower = points.flatMap(({ low }, at) => [`${x(at) - half},${y(low)}`, ...(half > 0 ? [`${x(at) + half},${y(low)}`] : [])])
  return {
    band: [...upper, ...lower.toReversed()].join(' '),
    line: points.map(({ weight }, at) => `${x(at)},${y(weight)}`).join(' '),
    dots: points.map(({ weight }, at) => ({ x: x(at), y: y(weight) })),
    zero: y(0),
    top,
    bottom,
  }
}

const rounded = (value: number): number => Math.round(10 * value) / 10
