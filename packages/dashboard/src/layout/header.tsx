import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { Button } from '../components/button.tsx'
import { useLanguage } from '../i18n/language.tsx'
import { LANGUAGES } from '../i18n/messages.ts'
import { useStream } from '../live/event-stream.ts'
import { queries } from '../queries.ts'
import { shownTheme, switchTheme } from '../theme.ts'
import { BrakesDialog } from './brakes-dialog.tsx'
import { DemoChip } from './demo-chip.tsx'
import { WhoAmI } from './who-am-i.tsx'

interface HeaderProps {
  copilotOpen: boolean
  menuOpen: boolean
  onMenu: () => void
  onCopilot: () => void
}

export function Header({ copilotOpen, menuOpen, onMenu, onCopilot }: HeaderProps) {
  const { m } = useLanguage()
  const [braking, setBraking] = useState(false)
  const installation = useQuery(queries.installation)
  const canary = installation.data?.canary
  return (
    <header className="flex flex-wrap items-center gap-x-2 gap-y-1 border-b border-line bg-surface px-2 py-1.5 sm:px-3">
      <Button tone="quiet" className="px-2 md:hidden" aria-label={m.shell.menu} aria-expanded={menuOpen} onClick={onMenu}>
        <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
          <path d="M1 3h14v2H1Zm0 4h14v2H1Zm0 4h14v2H1Z" fill="currentColor" />
        </svg>
      </Button>
      <Link to="/" className="font-semibold">
        Spark
      </Link>
      <DemoChip />
      {canary !== undefined && (
        <span className="hidden text-muted lg:inline">
          {canary.symbol} {canary.tf}
        </span>
      )}
      <DataAge />
      <span className="flex-1" />
      <Button tone="danger" onClick={() => setBraking(true)}>
        {m.shell.brakes}
      </Button>
      <LanguageSwitch />
      <ThemeSwitch />
      <WhoAmI />
      <Button tone="quiet" className="px-2" aria-pressed={copilotOpen} onClick={onCopilot}>
        {m.shell.copilot}
      </Button>
      {braking && <BrakesDialog onClose={() => setBraking(false)} />}
    </header>
  )
}

/** How old the newest word of the server is. Amber when it is older than it should be. */
function DataAge() {
  const { m, f } = useLanguage()
  const { status, ageS } = useStream()
  if (ageS === null) return <span className="text-muted">{status === 'lost' ? m.shell.lost : m.shell.connecting}</span>
  const age = f.duration(ageS * 1000)
  const calm = status === 'open'
  return (
    <span
      data-stream={status}
      className={`whitespace-nowrap ${calm ? 'text-muted' : 'rounded bg-amber-ground px-1.5 text-amber'}`}
    >
      {calm ? m.shell.dataAge(age) : `${m.shell.lost}, ${m.shell.dataAge(age)}`}
    </span>
  )
}

function LanguageSwitch() {
  const { m, language, speak } = useLanguage()
  return (
    <div role="group" aria-label={m.shell.language} className="flex rounded-md border border-line">
      {LANGUAGES.map((one) => (
        <button
          key={one}
          type="button"
          lang={one}
          aria-pressed={one === language}
          className={`min-h-8 px-2 text-xs uppercase first:rounded-s-md last:rounded-e-md hover:bg-raised ${one === language ? 'bg-raised font-semibold' : 'text-muted'}`}
          onClick={() => speak(one)}
        >
          {one}
        </button>
      ))}
    </div>
  )
}

function ThemeSwitch() {
  const { m } = useLanguage()
  const [, redraw] = useState(0)
  const name = shownTheme() === 'dark' ? m.shell.toLight : m.shell.toDark
  return (
    <Button
      tone="quiet"
      className="px-2"
      aria-label={name}
      title={name}
      onClick={() => {
        switchTheme()
        redraw((count) => count + 1)
      }}
    >
      <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
        <path d="M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm0 1.5v11a5.5 5.5 0 0 1 0-11Z" fill="currentColor" />
      </svg>
    </Button>
  )
}
