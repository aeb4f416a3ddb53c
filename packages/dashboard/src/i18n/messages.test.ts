import { describe, expect, it } from 'vitest'
import { LANGUAGES, messagesOf, preferredLanguage } from './messages.ts'

/** Every text with its path; functions are called with their parameters' places. */
function textsOf(value: unknown, path = ''): [string, string][] {
  if (typeof value === 'string') return [[path, value]]
  if (typeof value === 'function') return [[path, (value as (...args: string[]) => string)('{1}', '{2}', '{3}', '{4}')]]
  return Object.entries(value as object).flatMap(([key, inner]) => textsOf(inner, `${path}.${key}`))
}

const [en, tr] = LANGUAGES.map((language) => new Map(textsOf(messagesOf(language)))) as [Map<string, string>, Map<string, string>]

describe('the texts of the page', () => {
  it('are all there in both languages, none of them empty', () => {
    expect(en.size).toBeGreaterThan(300)
    expect([...tr.keys()].toSorted()).toEqual([...en.keys()].toSorted())
    expect([...en, ...tr].filter(([, text]) => text.trim() === '')).toEqual([])
  })

  it('use the same parameters in both languages', () => {
    const places = (text = '') => [...new Set(text.match(/\{\d\}/g))].toSorted()
    expect([...en].filter(([path, text]) => places(text).join() !== places(tr.get(path)).join())).toEqual([])
  })

  it('are Turkish in Turkish, but for names and units', () => {
    const same = [...en].filter(([path, text]) => tr.get(path) === text).map(([path]) => path)
    expect(same.filter((path) => !NAMES.has(path))).toEqual([])
  })
})

const NAMES = new Set([
  '.copilot.title',
  '.shell.copilot',
  '.shell.demo',
  '.models.parts.rsi',
  '.models.parts.macd',
  '.overview.slo',
  '.overview.recent',
  '.overview.risk',
  '.overview.autoPause',
  '.overview.buckets',
  '.rollout.model',
  '.rollout.plan',
  '.settings.roles.risk',
  '.settings.limit',
  '.settings.channelNames.slack',
  '.settings.channelNames.telegram',
  '.settings.channelNames.webhook',
  '.trading.marks.sell',
  '.settings.limitFile',
  '.told.sentences.decided',
  '.faults.units.ms',
])

describe('the language', () => {
  it.each([
    [['tr-TR', 'en'], 'tr'],
    [['de', 'en-GB', 'tr'], 'en'],
    [['fr'], 'en'],
    [[], 'en'],
  ] as const)('for a browser that speaks %o is %s', (languages, expected) => {
    expect(preferredLanguage(languages)).toBe(expected)
  })
})
