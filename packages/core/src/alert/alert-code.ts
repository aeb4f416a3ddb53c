/** Every alert that Spark raises. What each means and what to do stands in docs/runbook.md. */
export const ALERT_CODES = [
  'breach',
  'warning',
  'rollout_preview_only',
  'rollout_rolled_back',
  'rollout_killed',
  'rollout_plan_changed',
  'release_not_returned',
  'venue_halted',
  'auto_paused',
  'limits_unreadable',
  'dead_letter',
  'clock_stepped',
  'job_failed',
  'feature_drift',
  'model_loses',
  'host_lost',
  'no_leader',
  'database_away',
  'hosts_differ',
] as const
export type AlertCode = (typeof ALERT_CODES)[number]
