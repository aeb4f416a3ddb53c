import { createFigures, type Figures, type Language } from './figures.ts'
import { names, type Names } from './names.ts'
import { reasons } from './reasons.ts'
import { decisions, sentences } from './sentences.ts'

/** A language in which reasons and sentences are said: its texts and how it writes figures. Those of the pages have more beside these. */
export interface Speech {
  m: Names & {
    reasons: typeof reasons.en
    told: { sentences: typeof sentences.en; decisions: typeof decisions.en }
  }
  f: Figures
}

export function speechOf(language: Language): Speech {
  const { common, rollout } = names[language]
  const told = { sentences: sentences[language], decisions: decisions[language] }
  return { m: { common, rollout, reasons: reasons[language], told }, f: createFigures(language, common.units) }
}
