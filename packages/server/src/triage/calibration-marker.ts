import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { quantile } from '@spark/core/stats/histogram'
import { JUDGED_MS, SLICE_MS, emptySloCounts, mergeSloCounts } from '@spark/core/rollout/slo'
import { readSloSlices } from '../slo-slices.ts'
import type { Move, TriageDeps } from './triage-deps.ts'

const FILE = 'calibration_markers.csv'
const KIND = 'low_confidence_period'
/** Neither a comma nor a line break: nobody can write a second field or a second line. */
const FORM = /^([a-z][a-z0-9_]{0,63}) ([a-z][a-z0-9_]{0,63}=[A-Za-z0-9._:+-]{1,64})$/

/** Marks a time for the calibration: `ISO time,kind,key=value`. Without a value, the median confidence of now. */
export const markCalibration: Move = async (deps, { value }) => {
  const text = value ?? `${KIND} median_confid=${await medianConfid(deps)}`
  const [, kind, fact] = FORM.exec(text) ?? []
  if (kind === undefined || fact === undefined)
    return { code: 'bad_request', problem: `"${text.slice(0, 100)}" is no marker; write it like: ${KIND} median_confid=0.38` }
  const line = `${new Date(deps.clock.nowMs()).toISOString().slice(0, 19)}Z,${kind},${fact}`
  const path = join(deps.config.dataDir, FILE)
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
