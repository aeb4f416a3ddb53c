/** Paths of the dashboard, as its router and the server know them. The server answers each with the same page. */
export const PAGE_PATHS = [
  '/',
  '/rollout',
  '/rollout/rehearsals',
  '/strategies',
  '/strategies/:id',
  '/orders',
  '/queue',
  '/audit',
  '/jobs',
  '/reports',
  '/calibration',
  '/models',
  '/settings',
  '/setup',
] as const
