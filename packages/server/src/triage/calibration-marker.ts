import { open } from 'node:fs/promises'
import { quantile } from '@spark/core/stats/histogram'
import { JUDGED_MS, SLICE_MS, emptySloCounts, mergeSloCounts } from '@spark/core/rollout/slo'
import { markersPath, parseMarker } from '../calibration-markers.ts'
import { readSloSlices } from '../slo-slices.ts'
import type { Move, TriageDeps } from './triage-deps.ts'

const KIND = 'low_confidence_period'
/** Perhaps a time, then kind and fact; what they may be is `parseMarker`'s to say. */
const FORM = /^(?:(\S+) )?([^\s,]+) ([^\s,]+)$/

/** Marks a time for the calibration: `ISO time,kind,key=value`; of now when none is given. Without a value, the median confidence. */
export const markCalibration: Move = async (deps, { value }) => {
  const text = value ?? `${KIND} median_confid=${await medianConfid(deps)}`
  const nowText = `${new Date(deps.clock.nowMs()).toISOString().slice(0, 19)}Z`
  const [, time = nowText, kind, fact] = FORM.exec(text) ?? []
  const line = `${time},${kind},${fact}`
  const parsed = kind === undefined ? `write it like: ${KIND} median_confid=0.38` : parseMarker(line, 0)
  if (typeof parsed === 'string') return { code: 'bad_request', problem: `"${text.slice(0, 100)}" is no marker; ${parsed}` }
  const path = markersPath(deps.config.dataDir)
  await appendLine(path, line)
  return { ok: true, findings: [`${path}: ${line}`], before: null, after: line }
}

/** One write at the end of the file, so that two writers never mix their lines. On disk when it resolves. */
async function appendLine(path: string, line: string): Promise<void> {
  const file = await open(path, 'a', 0o600)
  try {
    await file.appendFile(`${line}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
}

async function medianConfid({ slices, clock }: TriageDeps): Promise<string> {
  const nowMs = clock.nowMs()
  const newest = await readSloSlices(slices, 30, nowMs - JUDGED_MS - 2 * SLICE_MS, nowMs)
  const { confid } = newest.reduce((sum, { counts }) => mergeSloCounts(sum, counts), emptySloCounts())
  return quantile(confid, 0.5)?.toFixed(3) ?? 'none'
}
