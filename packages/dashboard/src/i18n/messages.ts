import { LANGUAGES, type Language } from '@spark/contract/speech/figures'
import { reasons } from '@spark/contract/speech/reasons'
import { calibration } from './calibration.ts'
import { common } from './common.ts'
import { copilot } from './copilot.ts'
import { models } from './models.ts'
import { optimization } from './optimization.ts'
import { overview } from './overview.ts'
import { records } from './records.ts'
import { rehearsal } from './rehearsal.ts'
import { report } from './report.ts'
import { rollout } from './rollout.ts'
import { session } from './session.ts'
import { settings } from './settings.ts'
import { shell } from './shell.ts'
import { trading } from './trading.ts'
import { faults } from './faults.ts'
import { findings } from './findings.ts'
import { told } from './told.ts'
import { why } from './why.ts'

export { LANGUAGES, type Language }

const AREAS = {
  calibration,
  common,
  copilot,
  faults,
  findings,
  models,
  optimization,
  overview,
  reasons,
  records,
  rehearsal,
  report,
  rollout,
  session,
  settings,
  shell,
  told,
  trading,
  why,
}

type Areas = typeof AREAS
export type Messages = { [Area in keyof Areas]: Areas[Area]['en'] }

/** Every text of the page in one language. Turkish has the type of English, so a missing text is a type error. */
export function messagesOf(language: Language): Messages {
  return Object.fromEntries(Object.entries(AREAS).map(([area, texts]) => [area, texts[language]])) as unknown as Messages
}

/** The first of the browser's languages that the page has; English otherwise. */
export function preferredLanguage(languages: readonly string[]): Language {
  const found = languages.map((one) => one.slice(0, 2).toLowerCase()).find((one) => LANGUAGES.includes(one as Language))
  return (found as Language | undefined) ?? 'en'
}
