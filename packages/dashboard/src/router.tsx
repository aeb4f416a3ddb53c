import { createRootRoute, createRoute, createRouter } from '@tanstack/react-router'
import { Shell } from './layout/shell.tsx'
import { Crashed, NotFound } from './layout/trouble.tsx'
import { LAZY } from './pages/lazy-pages.ts'
import { OverviewPage } from './pages/overview/overview-page.tsx'
import { auditSearch, ordersSearch, overviewSearch, shownSearch, strategiesSearch } from './search.ts'

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound, errorComponent: Crashed })
const under = () => root

const overview = createRoute({ getParentRoute: under, path: '/', component: OverviewPage, validateSearch: overviewSearch })
const rollout = createRoute({ getParentRoute: under, path: '/rollout', component: LAZY.rollout })
const rehearsals = createRoute({
  getParentRoute: under,
  path: '/rollout/rehearsals',
  component: LAZY.rehearsals,
  validateSearch: shownSearch,
})
const strategies = createRoute({
  getParentRoute: under,
  path: '/strategies',
  component: LAZY.strategies,
  validateSearch: strategiesSearch,
})
const strategy = createRoute({ getParentRoute: under, path: '/strategies/$id', component: LAZY.strategy })
const orders = createRoute({ getParentRoute: under, path: '/orders', component: LAZY.orders, validateSearch: ordersSearch })
const queue = createRoute({ getParentRoute: under, path: '/queue', component: LAZY.queue })
const audit = createRoute({ getParentRoute: under, path: '/audit', component: LAZY.audit, validateSearch: auditSearch })
const jobs = createRoute({ getParentRoute: under, path: '/jobs', component: LAZY.jobs })
const reports = createRoute({ getParentRoute: under, path: '/reports', component: LAZY.reports, validateSearch: shownSearch })
const calibration = createRoute({ getParentRoute: under, path: '/calibration', component: LAZY.calibration })
const models = createRoute({ getParentRoute: under, path: '/models', component: LAZY.models })
const settings = createRoute({ getParentRoute: under, path: '/settings', component: LAZY.settings })
const setup = createRoute({ getParentRoute: under, path: '/setup', component: LAZY.setup })

/** The paths are those of PAGE_PATHS of the contract; a test holds the two together. */
export const router = createRouter({
  routeTree: root.addChildren([
    overview,
    rollout,
    rehearsals,
    strategies,
    strategy,
    orders,
    queue,
    audit,
    jobs,
    reports,
    calibration,
    models,
    settings,
    setup,
  ]),
  // main scrolls, not the window.
  scrollToTopSelectors: ['#main'],
  defaultErrorComponent: Crashed,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
