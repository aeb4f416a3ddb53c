import type { Route } from './routes.ts'
import { AlertAcknowledge, AlertPage, AlertQuery, AlertResolve, AlertSnooze, AlertView } from './alerts.ts'
import { NAMED, READ } from './trading-routes.ts'
import { IdParams } from './trading.ts'

const ONE = [...NAMED, 'alert_over'] as const

/** Alerts: what fires, who knows, and what people do about it. */
export const ALERT_ROUTES = {
  alerts: {
    method: 'GET',
    path: '/api/alerts',
    tag: 'alerts',
    summary: 'Alerts with their state, newest first.',
    access: 'canRead',
    query: AlertQuery,
    answer: AlertPage,
    errors: [...READ, 'invalid_cursor'],
  },
  alertAcknowledge: {
    method: 'POST',
    path: '/api/alerts/:id/acknowledge',
    tag: 'alerts',
    summary: 'Somebody knows: it is not escalated, and not told again while it lasts.',
    access: 'canHandleAlerts',
    params: IdParams,
    body: AlertAcknowledge,
    answer: AlertView,
    errors: ONE,
  },
  alertSnooze: {
    method: 'POST',
    path: '/api/alerts/:id/snooze',
    tag: 'alerts',
    summary: 'No word of it for so many minutes; then it fires again if it is not over.',
    access: 'canHandleAlerts',
    params: IdParams,
    body: AlertSnooze,
    answer: AlertView,
    errors: ONE,
  },
  alertResolve: {
    method: 'POST',
    path: '/api/alerts/:id/resolve',
    tag: 'alerts',
    summary: 'Its cause is over, says a person. Raised again it fires again.',
    access: 'canHandleAlerts',
    params: IdParams,
    body: AlertResolve,
    answer: AlertView,
    errors: ONE,
  },
} as const satisfies Record<string, Route>
