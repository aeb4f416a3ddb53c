import { Link } from '@tanstack/react-router'
import { Button } from '../components/button.tsx'
import { useLanguage } from '../i18n/language.tsx'

const ICONS = {
  overview: 'M1 9h6V1H1Zm0 6h6v-4H1Zm8 0h6V7H9Zm0-14v4h6V1Z',
  rollout: 'M1 12h3v3H1Zm4-3h3v6H5Zm4-4h3v10H9Zm4-4h2v14h-2Z',
  strategies: 'M1 2h14v3H1Zm0 5h14v3H1Zm0 5h14v3H1Z',
  orders: 'M2 1h12v14H2Zm2 3v1.5h8V4Zm0 3.5V9h8V7.5ZM4 11v1.5h5V11Z',
  queue: 'M1 3h4v10H1Zm5 0h4v10H6Zm5 0h4v10h-4Z',
  audit: 'M8 1 2 3v5c0 4 3 6 6 7 3-1 6-3 6-7V3Z',
  jobs: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm1 3v4l3 2-.8 1.2L7.5 9V4Z',
  reports: 'M3 1h7l3 3v11H3Zm2 6v1.5h6V7Zm0 3v1.5h6V10Z',
  calibration: 'M1 15 15 1v3L4 15ZM1 1h3v3H1Z',
  models: 'M8 1 15 4.5 8 8 1 4.5Zm-5 6 5 2.5L13 7l2 1-7 3.5L1 8Zm0 3.5 5 2.5 5-2.5 2 1L8 15l-7-3.5Z',
  settings: 'M7 1h2v3H7Zm0 11h2v3H7ZM1 7h3v2H1Zm11 0h3v2h-3ZM8 5a3 3 0 1 1 0 6 3 3 0 0 1 0-6Z',
} as const

const PAGES = [
  ['overview', '/'],
  ['rollout', '/rollout'],
  ['strategies', '/strategies'],
  ['orders', '/orders'],
  ['queue', '/queue'],
  ['audit', '/audit'],
  ['jobs', '/jobs'],
  ['reports', '/reports'],
  ['calibration', '/calibration'],
  ['models', '/models'],
  ['settings', '/settings'],
] as const

interface NavigationProps {
  /** Wide, with names; narrow shows icons. */
  open: boolean
  onToggle: () => void
  /** On a phone the pages lie over the content while the menu is open. */
  menuOpen: boolean
  onPick: () => void
}

export function Navigation({ open, onToggle, menuOpen, onPick }: NavigationProps) {
  const { m } = useLanguage()
  const width = open ? 'md:w-44' : 'md:w-12'
  const place = menuOpen ? 'absolute inset-y-0 left-0 z-40 flex w-56 shadow-lg' : 'hidden md:flex'
  const name = open ? m.shell.hideSidebar : m.shell.showSidebar
  return (
    <nav
      aria-label={m.shell.nav}
      className={`${place} ${width} shrink-0 flex-col overflow-y-auto border-e border-line bg-surface p-1.5 md:static md:shadow-none`}
    >
      <ul className="grid flex-1 content-start gap-0.5">
        {PAGES.map(([page, to]) => (
          <li key={page}>
            <Link
              to={to}
              activeOptions={{ exact: to === '/' }}
              title={m.shell.pages[page]}
              onClick={onPick}
              className="flex min-h-9 items-center gap-2.5 rounded-md px-2.5 text-muted hover:bg-raised"
              activeProps={{ className: 'bg-raised font-semibold !text-text' }}
            >
              <svg viewBox="0 0 16 16" width="15" height="15" aria-hidden="true" className="shrink-0">
                <path d={ICONS[page]} fill="currentColor" fillRule="evenodd" />
              </svg>
              <span className={open || menuOpen ? '' : 'md:sr-only'}>{m.shell.pages[page]}</span>
            </Link>
          </li>
        ))}
      </ul>
      <Button tone="quiet" className="hidden px-2 md:flex" aria-label={name} title={name} aria-expanded={open} onClick={onToggle}>
        <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true" className={open ? '' : 'rotate-180'}>
          <path d="M10 2 4 8l6 6V2Z" fill="currentColor" />
        </svg>
      </Button>
    </nav>
  )
}
