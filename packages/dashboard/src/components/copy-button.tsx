import { useState } from 'react'
import { useLanguage } from '../i18n/language.tsx'

export function CopyButton({ text, name }: { text: string; name: string }) {
  const { m } = useLanguage()
  const [copied, setCopied] = useState(false)
  async function copy(): Promise<void> {
    // Absent on a page that is not served over TLS or from this machine; the text stands beside the button.
    await navigator.clipboard?.writeText(text)
    setCopied(true)
  }
  return (
    <button
      type="button"
      className="rounded border border-line px-1.5 text-xs hover:bg-raised"
      aria-label={`${m.common.copy}: ${name}`}
      onClick={() => void copy()}
    >
      {copied ? m.common.copied : m.common.copy}
    </button>
  )
}
