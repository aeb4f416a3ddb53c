import { lazyRouteComponent } from '@tanstack/react-router'

/** Everything but the overview is loaded when it is opened. */
export const LAZY = {
  rollout: lazyRouteComponent(() => import('./rollout/rollout-page.tsx'), 'RolloutPage'),
  rehearsals: lazyRouteComponent(() => import('./rehearsals/rehearsals-page.tsx'), 'RehearsalsPage'),
  strategies: lazyRouteComponent(() => import('./strategies/strategies-page.tsx'), 'StrategiesPage'),
  strategy: lazyRouteComponent(() => import('./strategies/strategy-page.tsx'), 'StrategyPage'),
  orders: lazyRouteComponent(() => import('./orders/orders-page.tsx'), 'OrdersPage'),
  queue: lazyRouteComponent(() => import('./queue/queue-page.tsx'), 'QueuePage'),
  audit: lazyRouteComponent(() => import('./audit/audit-page.tsx'), 'AuditPage'),
  jobs: lazyRouteComponent(() => import('./jobs/jobs-page.tsx'), 'JobsPage'),
  reports: lazyRouteComponent(() => import('./reports/reports-page.tsx'), 'ReportsPage'),
  calibration: lazyRouteComponent(() => import('./calibration/calibration-page.tsx'), 'CalibrationPage'),
  models: lazyRouteComponent(() => import('./models/models-page.tsx'), 'ModelsPage'),
  setup: lazyRouteComponent(() => import('./setup/setup-page.tsx'), 'SetupPage'),
  settings: lazyRouteComponent(() => import('./settings/settings-page.tsx'), 'SettingsPage'),
}
