import type { GateName } from '@spark/core/rollout/plan'
import { fill, readFact, readReason } from '../reason.ts'
import { readTold, type ToldCode } from '../told.ts'
import type { Figures } from './figures.ts'
import { factWords, reasonWords } from './reason-words.ts'
import type { Speech } from './speech.ts'

/**
 * What Spark says of itself in the reader's language: one of its fixed sentences, a reason of the controller, or several of them with
 * semicolons between. What it did not make itself stays as it is.
 */
export function toldWords(text: string, speech: Speech): string {
  return sentencesOf(text)
    .map((sentence) => sentenceWords(sentence, speech))
    .join('; ')
}

const isRead = (text: string) => readTold(text) !== null || readReason(text) !== null || readFact(text) !== null

/** Some sentences have a semicolon inside: what cannot be read by itself belongs to the one before it, if they can be read together. */
function sentencesOf(text: string): string[] {
  if (isRead(text) && !text.includes('; ')) return [text]
  const sentences: string[] = []
  for (const piece of text.split('; ')) {
    const last = sentences.at(-1)
    const together = `${last}; ${piece}`
    if (last !== undefined && ((!isRead(piece) && isRead(together)) || !isRead(last))) sentences.splice(-1, 1, together)
    else sentences.push(piece)
  }
  return sentences
}

function sentenceWords(text: string, speech: Speech): string {
  const told = readTold(text)
  // A fact may begin with any words: reasons are looked for first.
  if (told === null) return readReason(text) === null ? factWords(text, speech.m) : reasonWords(text, speech)
  const words = Object.entries(told.values).map(([place, value]) => [place, placeWords(told.code, place, value, speech)])
  return fill(speech.m.told.sentences[told.code], Object.fromEntries(words) as Record<string, string>)
}

function placeWords(code: ToldCode, place: string, value: string, { m, f }: Speech): string {
  const named = (names: object) => (names as Record<string, string>)[value] ?? value
  switch (place) {
    case 'told':
      return toldWords(value, { m, f })
    case 'gate':
      return m.common.gates[value as GateName]
    case 'verdict':
      return named(m.rollout.verdictNames)
    case 'phase':
    case 'expected':
      return named(m.rollout.phases)
    case 'decision':
      return named(m.told.decisions)
    case 'severity':
      return m.common.states[value === 'red' ? 'critical' : 'warning']
    case 'words':
      // Why a job failed is one of the sentences as well.
      return code === 'job_failed' && readTold(value) !== null ? toldWords(value, { m, f }) : figureWords(value, f)
    case 'builds':
      return value
    case 'duration':
      return durationWords(value, m)
    default:
      return code === 'dead_letter' ? value : figureWords(value, f)
  }
}

/** Counts and amounts as they are written in this language; names and ids as they are. */
function figureWords(text: string, f: Figures): string {
  const found = /^\d+(?:\.(\d+))?$/.exec(text)
  return found === null ? text : f.number(Number(text), found[1]?.length ?? 0)
}

const UNITS = { h: 'hour', min: 'minute', s: 'second' } as const

/** `1 h 30 min`. */
export function durationWords(text: string, { common: { units } }: Pick<Speech['m'], 'common'>): string {
  return text.replaceAll(/\b(?:h|min|s)\b/g, (unit) => units[UNITS[unit as keyof typeof UNITS]])
}
