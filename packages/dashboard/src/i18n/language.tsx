import { createContext, use, useEffect, useMemo, useState, type ReactNode } from 'react'
import { createFormat, type Format } from '../format/format.ts'
import { readStored, writeStored } from '../local-storage.ts'
import { LANGUAGES, messagesOf, preferredLanguage, type Language, type Messages } from './messages.ts'

const KEY = 'spark-language'

export interface Spoken {
  language: Language
  /** The texts. */
  m: Messages
  /** Numbers, money and times as they are written in this language. */
  f: Format
  speak: (language: Language) => void
}

const SpokenContext = createContext<Spoken | null>(null)

export function LanguageProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState<Language>(() => {
    const stored = readStored(KEY)
    return LANGUAGES.find((one) => one === stored) ?? preferredLanguage(navigator.languages)
  })
  useEffect(() => {
    document.documentElement.lang = language
  }, [language])
  const spoken = useMemo(() => {
    const m = messagesOf(language)
    return {
      language,
      m,
      f: createFormat(language, m.common.units),
      speak(next: Language) {
        writeStored(KEY, next)
        setLanguage(next)
      },
    }
  }, [language])
  return <SpokenContext value={spoken}>{children}</SpokenContext>
}

export function useLanguage(): Spoken {
  const spoken = use(SpokenContext)
  if (spoken === null) throw new Error('LanguageProvider is missing')
  return spoken
}
