import type { AnswerOf } from '@spark/contract/routes'
import { BUCKET_LABELS_MIN } from './labels-missing.ts'

type Point = AnswerOf<'calibrationReliability'>['points'][number]

/** Of the square from 0 to 1, in units of the SVG. */
export const LEFT = 32
export const TOP = 10
export const SIDE = 280
/** Of the whole picture, with room for the scales. */
export const SIZE = 325

export interface Dot {
  bucket: number
  x: number
  y: number
  /** Ends of the interval. */
  low: number
  high: number
  /** It rests on few labels. */
  few: boolean
}

/** Where the points of a reliability diagram stand, and the isotonic fit as a path; empty without points. */
export function diagram(points: readonly Point[]): { dots: Dot[]; steps: string } {
  const dots = points.map(({ bucket, labels, meanConfid, hitRate, low, high }) => {
    return { bucket, x: across(meanConfid), y: up(hitRate), low: up(low), high: up(high), few: labels < BUCKET_LABELS_MIN }
  })
  const corners = points.flatMap(({ meanConfid, fitted }, at) => {
    const before = points[at - 1]
    const corner = before === undefined || before.fitted === fitted ? [] : [`${across(meanConfid)} ${up(before.fitted)}`]
    return [...corner, `${across(meanConfid)} ${up(fitted)}`]
  })
  return { dots, steps: corners.length === 0 ? '' : `M${corners.join('L')}` }
}

export const across = (share: number): number => round(LEFT + SIDE * share)
export const up = (share: number): number => round(TOP + SIDE * (1 - share))
const round = (value: number): number => Math.round(10 * value) / 10
