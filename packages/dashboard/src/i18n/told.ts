import { decisions, sentences } from '@spark/contract/speech/sentences'

const en = {
  sentences: sentences.en,
  decisions: decisions.en,
  begins: 'begins',
  ends: 'ends',
  lasting: (time: string) => `for ${time}`,
  refused: (why: string) => `refused, ${why}`,
  withSecond: (who: string) => `with ${who}`,
}

const tr: typeof en = {
  sentences: sentences.tr,
  decisions: decisions.tr,
  begins: 'başlar',
  ends: 'biter',
  lasting: (time) => `${time} boyunca`,
  refused: (why) => `reddedildi, ${why}`,
  withSecond: (who) => `${who} ile`,
}

export const told = { en, tr }
