/** What people may be, from least to most: each may do what those before it may. */
export const ROLES = ['viewer', 'operator', 'risk', 'admin'] as const
export type Role = (typeof ROLES)[number]

interface PermissionEntry {
  /** The least role that has it. */
  role: Role
  what: string
  /** A session must have given its password within the last 10 minutes. What takes risk away never asks for that. */
  stepUp?: true
}

/** What may be done; each route of the API names one, and the pages read theirs from GET /api/session. */
export const PERMISSIONS = {
  canRead: { role: 'viewer', what: 'see figures, orders, the audit' },
  canScore: { role: 'viewer', what: 'score one row' },
  canVerify: { role: 'viewer', what: 'have the audit verified now' },
  canScoreBatch: { role: 'operator', what: 'score many rows at once' },
  canBrake: { role: 'operator', what: 'pause a rollout, return it to preview, roll it back, kill' },
  canStop: { role: 'operator', what: 'pause and stop strategies' },
  canFlatten: { role: 'operator', what: 'close positions at the market' },
  canTriage: { role: 'operator', what: 'make the moves of the triage' },
  canHandleAlerts: { role: 'operator', what: 'acknowledge, snooze and resolve alerts' },
  canHandleQueue: { role: 'operator', what: 'redrive and discard dead letters' },
  canRunJobs: { role: 'operator', what: 'run a scheduled job now' },
  canReport: { role: 'operator', what: 'make reports, and sign them as reviewed' },
  canSeeKeys: { role: 'operator', what: 'see for which venues keys are stored' },
  canStart: { role: 'operator', what: 'start, add and change strategies' },
  canOptimize: { role: 'operator', what: 'ask for better parameters of a strategy' },
  canAdvance: { role: 'operator', what: 'start, resume, approve and promote a rollout, apply settings' },
  canRecordFlow: { role: 'risk', what: 'record deposits and withdrawals' },
  canApproveReports: { role: 'risk', what: 'sign reports as approved' },
  canUnkill: { role: 'risk', what: 'lift a kill switch', stepUp: true },
  canChangeLimits: { role: 'risk', what: 'change the limits that orders must keep', stepUp: true },
  canOverride: { role: 'risk', what: 'ask for an override, and agree to that of another person', stepUp: true },
  canArm: { role: 'risk', what: 'arm a strategy: it sends orders with real money when SPARK_MODE is live', stepUp: true },
  canMakeTokens: { role: 'viewer', what: 'make tokens of their own', stepUp: true },
  canOversee: { role: 'admin', what: 'see people, their sessions and tokens, and end these' },
  canManageUsers: { role: 'admin', what: 'add, change, invite and disable people', stepUp: true },
} as const satisfies Record<string, PermissionEntry>

export type Permission = keyof typeof PERMISSIONS
export const PERMISSION_NAMES = Object.keys(PERMISSIONS) as Permission[]

/** For so long a password that was given again counts, ms. */
export const STEP_UP_MS = 600_000

/** What anyone on this machine may do while Spark listens on loopback only. */
export const LOOPBACK_PERMISSIONS: ReadonlySet<Permission> = new Set<Permission>(['canRead', 'canScore'])

export function permissionsOf(role: Role): ReadonlySet<Permission> {
  return new Set(PERMISSION_NAMES.filter((name) => ROLES.indexOf(PERMISSIONS[name].role) <= ROLES.indexOf(role)))
}

export function isPermission(name: string): name is Permission {
  return Object.hasOwn(PERMISSIONS, name)
}

export function needsStepUp(permission: Permission): boolean {
  return 'stepUp' in PERMISSIONS[permission]
}

/** What a token of a person may be made for: nothing that asks for a password. */
export const TOKEN_PERMISSIONS = PERMISSION_NAMES.filter((name) => !needsStepUp(name))
