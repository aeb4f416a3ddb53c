import { oneLine } from '@spark/core/alert/alert-text'
import { actionLines, alertLines, brakeLines, countLines, exposureLines, gateLines } from './sections.ts'
import type { MonitorSnapshot, Seen } from './snapshot.ts'
import { beside, fitLine, flow, render, type Line, type Span } from './text.ts'
import { ageText } from './values.ts'

/** From so many columns on alerts and actions stand beside the rest. */
const WIDE_COLUMNS = 120
const LEFT_COLUMNS = 78
const LINE_CHARACTERS_MAX = 300
const REASONS_SHOWN = 3

/** Everything at a glance, for a terminal of so many columns. Readable without colour. */
export function monitorLines(snapshot: MonitorSnapshot, columns: number, color: boolean): string[] {
  const wide = columns >= WIDE_COLUMNS
  const left = wide ? LEFT_COLUMNS : columns
  const right = wide ? columns - LEFT_COLUMNS - 2 : columns
  const gates = section(snapshot, `GATES  ${measuredText(snapshot)}`, snapshot.rollout, (rollout) =>
    gateLines(rollout.gates, left),
  )
  const alerts = section(snapshot, 'ALERTS', snapshot.alerts, (open) => alertLines(open, snapshot.atMs, right))
  const figures = [
    ...section(snapshot, 'COUNTERS', snapshot.metrics, () => countLines(snapshot, left)),
    ...section(snapshot, 'EXPOSURE', snapshot.risk, (risk) => exposureLines(risk, snapshot.strategies.value, left)),
  ]
  const actions = section(snapshot, 'LAST ACTIONS', snapshot.actions, (done) => actionLines(done, right))
  // In one column the alerts come before what may fall below the window.
  const body = wide
    ? beside([...gates, ...figures], [...alerts, ...actions], left)
    : [...gates, ...alerts, ...figures, ...actions]
  return [...headLines(snapshot, columns), ...body].map((line) => render(fitLine(line, columns), color))
}

function headLines(snapshot: MonitorSnapshot, columns: number): Line[] {
  const { api, executor } = snapshot
  const feed = executor.value?.feed
  const feedText = feed === undefined ? '' : `feed ${feed.name}, last message ${ageText(feed.lastMessageAgeS)} ago`
  const title: Line[] = [
    [{ text: `SPARK  ${new Date(snapshot.atMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`, style: 'bold' }],
    processLine('api', api, snapshot.atMs),
    processLine('executor', executor, snapshot.atMs),
    ...(executor.problem === null && feedText !== '' ? [[{ text: feedText }]] : []),
  ]
  const brakes = snapshot.risk.value === null ? [] : brakeLines(snapshot.risk.value)
  return [...flow(title, columns, '   '), ...awayLines(snapshot), ...phaseLines(snapshot), ...brakes]
}

function processLine(name: string, { value, atMs, problem }: Seen<{ ok: boolean }>, nowMs: number): Line {
  if (problem !== null) {
    const seen = atMs === null ? 'never seen' : `last seen ${agoText(atMs, nowMs)} ago`
    return [{ text: `${name} AWAY, ${seen}`, style: 'red' }]
  }
  return value?.ok === true ? [{ text: `${name} ok`, style: 'green' }] : [{ text: `${name} NOT OK`, style: 'red' }]
}

/** Why a process is away or not well, a line each. */
function awayLines({ api, executor }: MonitorSnapshot): Line[] {
  return [api, executor].flatMap(({ problem, value }): Line[] => {
    const text = problem ?? (value?.ok === false ? (value.detail ?? value.reason ?? 'not well') : null)
    return text === null ? [] : [[{ text: `  ${oneLine(text, LINE_CHARACTERS_MAX)}`, style: 'red' }]]
  })
}

function phaseLines(snapshot: MonitorSnapshot): Line[] {
  const { value } = snapshot.rollout
  const title: Span = { text: 'PHASE  ', style: 'bold' }
  if (value === null) return [[], [title, { text: 'not known yet' }, ageSpan(snapshot, snapshot.rollout)]]
  const under = [...value.facts, ...value.waitsFor.slice(0, REASONS_SHOWN).map((reason) => `waits for ${reason}`)]
  return [
    [],
    [title, { text: oneLine(value.phase, LINE_CHARACTERS_MAX) }, ageSpan(snapshot, snapshot.rollout)],
    ...under.map((text): Line => [{ text: `       ${oneLine(text, LINE_CHARACTERS_MAX)}` }]),
  ]
}

/** A title and what stands under it; says how old it is when there is nothing newer. */
function section<Value>(snapshot: MonitorSnapshot, title: string, seen: Seen<Value>, lines: (value: Value) => Line[]): Line[] {
  const head: Line = [{ text: title, style: 'bold' }, ageSpan(snapshot, seen)]
  const body = seen.value === null ? [] : lines(seen.value)
  // What was good then may not be good now: nothing old is shown in green.
  return [
    [],
    head,
    ...(seen.problem === null ? body : body.map((line) => line.map(({ text }) => ({ text, style: 'dim' as const })))),
  ]
}

function ageSpan({ api, atMs: nowMs }: MonitorSnapshot, { atMs, problem }: Seen<unknown>): Span {
  if (problem === null) return { text: '' }
  const age = atMs === null ? 'never seen' : `as of ${agoText(atMs, nowMs)} ago`
  // The head says already why the api is away.
  return { text: `  (${age}${api.problem === null ? `: ${oneLine(problem, LINE_CHARACTERS_MAX)}` : ''})`, style: 'red' }
}

/** How old the figures are that the gates judge. */
function measuredText({ metrics, atMs }: MonitorSnapshot): string {
  const sealedMs = metrics.value?.sealed_at ?? null
  return sealedMs === null ? 'nothing measured yet' : `measured until ${agoText(sealedMs, atMs)} ago`
}

function agoText(atMs: number, nowMs: number): string {
  return ageText(Math.max(0, nowMs - atMs) / 1000)
}
