import { durationWords } from '@spark/contract/speech/told-words'
import type { Format } from './format/format.ts'
import type { Messages } from './i18n/messages.ts'

interface Speech {
  m: Messages
  f: Format
}

/** `begins: latency, 1600 ms, for 20 min`, as the timeline of a rehearsal tells a fault. */
export function faultWords(text: string, { m, f }: Speech): string {
  const [, when, kind, strength, time] = /^(?:(begins|ends): )?(\w+)(?:, (?!for )([^,]+))?(?:, for (.+))?$/.exec(text) ?? []
  const meaning = (m.faults.faults as Record<string, string>)[kind ?? '']
  if (kind === undefined || meaning === undefined) return text
  const said = [
    `${kind} (${meaning})`,
    ...(strength === undefined ? [] : [strengthWords(strength, { m, f })]),
    ...(time === undefined ? [] : [m.told.lasting(durationWords(time, m))]),
  ].join(', ')
  return when === undefined ? said : `${m.told[when as 'begins' | 'ends']}: ${said}`
}

/** `1600 ms`; `3 % of scores`. */
function strengthWords(text: string, { m, f }: Speech): string {
  const [, amount, percent, unit = ''] = /^([\d.]+) (% )?(.+)$/.exec(text) ?? []
  if (amount === undefined) return text
  const name = (m.faults.units as Record<string, string>)[percent === undefined ? unit : `share ${unit}`] ?? unit
  return percent === undefined ? `${f.number(Number(amount), 0)} ${name}` : `${f.percent(Number(amount) / 100)} (${name})`
}

/** `promote 10 %`, `kill all`, `pause: refused, …`: what a person said in a rehearsal. */
export function personWords(text: string, { m, f }: Speech): string {
  const [, kind = '', percent, scope, second, refusal] =
    /^(\w+)(?: (\d+) %)?(?: (all|strategy:\S+))?(?: with (\S+?))?(?:: refused, (.+))?$/.exec(text) ?? []
  const name = (m.rollout as unknown as Record<string, unknown>)[kind === 'ceiling' ? 'ceilingName' : kind]
  if (typeof name !== 'string') return text
  const said = [
    name,
    ...(percent === undefined ? [] : [f.percent(Number(percent) / 100)]),
    ...(scope === undefined ? [] : [scope]),
    ...(second === undefined ? [] : [m.told.withSecond(second)]),
  ].join(' ')
  return refusal === undefined ? said : `${said}: ${m.told.refused(refusal)}`
}
