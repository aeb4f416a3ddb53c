import { join } from 'node:path'
import { parseTime } from '@spark/contract/time'
import { mergePeriods, type LeftOutPeriod } from '@spark/core/calibration/leave-out'
import { readIfThere } from './key-file.ts'

/** Labels in it count in no test and no update; every other kind is a time to look at. */
const LEAVE_OUT = 'leave_out'
/** Neither a comma nor a line break: nobody can write a second field or a second line. */
const FORM = /^([^,]+),([a-z][a-z0-9_]{0,63}),([a-z][a-z0-9_]{0,63})=([A-Za-z0-9._:+-]{1,64})$/
const HOUR_MS = 3_600_000
const HOURS_MAX = 8784
const LINES_MAX = 10_000

export interface CalibrationMarker {
  line: number
  fromMs: number
  /** Null: a moment. */
  toMs: number | null
  kind: string
  fact: string
  leaveOut: boolean
}

export interface ReadMarkers {
  markers: CalibrationMarker[]
  /** Lines that are none, each with its number and what would be right. */
  problems: string[]
  /** Times that are left out, joined. */
  leftOut: LeftOutPeriod[]
}

export const markersPath = (dataDir: string): string => join(dataDir, 'calibration_markers.csv')

/** A line without its end: `ISO time,kind,key=value`. What is wrong with it as text. */
export function parseMarker(text: string, line: number): CalibrationMarker | string {
  const [, time = '', kind = '', key = '', value = ''] = FORM.exec(text) ?? []
  const fromMs = parseTime(time)
  if (fromMs === null)
    return 'must be ISO time,kind,key=value, like: 2026-01-05T00:00:00Z,low_confidence_period,median_confid=0.38'
  const toMs = endOf(fromMs, key, value)
  if (typeof toMs === 'string') return toMs
  if (kind === LEAVE_OUT && toMs === null) return `${LEAVE_OUT} needs its end: hours=6, or until=2026-01-05T06:00:00Z`
  return { line, fromMs, toMs, kind, fact: `${key}=${value}`, leaveOut: kind === LEAVE_OUT }
}

function endOf(fromMs: number, key: string, value: string): number | string | null {
  if (key === 'hours') {
    const hours = /^\d{1,4}(\.\d{1,3})?$/.test(value) ? Number(value) : Number.NaN
    return hours > 0 && hours <= HOURS_MAX ? fromMs + hours * HOUR_MS : `hours=${value}: must be a number up to ${HOURS_MAX}`
  }
  if (key !== 'until') return null
  const toMs = parseTime(value)
  return toMs !== null && toMs > fromMs ? toMs : `until=${value}: must be a time after that of the line`
}

/** What is marked; a file that is not there marks nothing. A bad line is told of and the others stand. */
export async function readMarkers(dataDir: string): Promise<ReadMarkers> {
  const lines = ((await readIfThere(markersPath(dataDir))) ?? '').split('\n').map((line) => line.trim())
  const problems = lines.length > LINES_MAX ? [`line ${LINES_MAX + 1}: no more than ${LINES_MAX} lines are read`] : []
  const markers: CalibrationMarker[] = []
  for (const [at, text] of lines.slice(0, LINES_MAX).entries()) {
    if (text === '') continue
    const found = parseMarker(text, at + 1)
    if (typeof found === 'string') problems.push(`line ${at + 1}: "${text.slice(0, 100)}": ${found}`)
    else markers.push(found)
  }
  const periods = markers.flatMap(({ leaveOut, fromMs, toMs }) => (leaveOut && toMs !== null ? [{ fromMs, toMs }] : []))
  return { markers, problems, leftOut: mergePeriods(periods) }
}
