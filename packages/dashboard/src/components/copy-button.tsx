import { useState } from 'react'
import { useLanguage } from '../i18n/language.tsx'

export function CopyButton({ text, name }: { text: string; name: string }) {
  const { m } = useLanguage()
  const [word, setWord] = useState<'copy' | 'copied' | 'copyByHand'>('copy')
  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(text)
      setWord('copied')
    } catch {
      // Absent on a page that is not served over TLS or from this machine, or refused; the text stands beside the button.
      setWord('copyByHand')
    }
  }
  return (
    <button
      type="button"
      className="rounded border border-line px-1.5 text-xs hover:bg-raised"
      aria-label={`${m.common.copy}: ${name}`}
      onClick={() => void copy()}
    >
      {m.common[word]}
    </button>
  )
}
