import { Outlet } from '@tanstack/react-router'
import { useDeferredValue, useState } from 'react'
import { NoticeArea } from '../components/notice-area.tsx'
import { SessionDialog } from '../components/session-dialog.tsx'
import { useLanguage } from '../i18n/language.tsx'
import { useLocalStorage } from '../local-storage.ts'
import { CopilotPanel } from './copilot-panel.tsx'
import { ConditionBanner } from './condition-banner.tsx'
import { Header } from './header.tsx'
import { Navigation } from './navigation.tsx'
import { SentenceBar } from './sentence-bar.tsx'

/** Whether the copilot has a place beside the page: from `lg` of the styles on. Below it covers the page, so it begins closed. */
function copilotFits(): boolean {
  return matchMedia('(min-width: 64rem)').matches
}

/** Header, one sentence, pages, copilot: the frame of every page. Only main scrolls. */
export function Shell() {
  const { m } = useLanguage()
  const [sidebarOpen, setSidebarOpen] = useLocalStorage('spark-sidebar-open', true)
  const [copilotOpen, setCopilotOpen] = useLocalStorage('spark-copilot-open', copilotFits())
  const [menuOpen, setMenuOpen] = useState(false)
  // Frame and sentence are painted first: to draw the page takes longer than both.
  const isPageDue = useDeferredValue(true, false)
  return (
    <div className="flex h-dvh flex-col">
      <a href="#main" className="sr-only z-50 bg-surface p-2 focus:not-sr-only focus:absolute">
        {m.shell.skip}
      </a>
      <Header
        copilotOpen={copilotOpen}
        menuOpen={menuOpen}
        onMenu={() => setMenuOpen(!menuOpen)}
        onCopilot={() => setCopilotOpen(!copilotOpen)}
      />
      <ConditionBanner />
      <div className="relative flex min-h-0 flex-1">
        <Navigation
          open={sidebarOpen}
          onToggle={() => setSidebarOpen(!sidebarOpen)}
          menuOpen={menuOpen}
          onPick={() => setMenuOpen(false)}
        />
        <main id="main" tabIndex={0} className="min-w-0 flex-1 overflow-y-auto -outline-offset-2">
          <SentenceBar />
          {isPageDue && <Outlet />}
        </main>
        {copilotOpen && <CopilotPanel onClose={() => setCopilotOpen(false)} />}
      </div>
      <NoticeArea />
      <SessionDialog />
    </div>
  )
}
