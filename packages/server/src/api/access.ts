import { PERMISSIONS, needsStepUp, type Permission } from '@spark/contract/permissions'
import type { Access } from '@spark/contract/routes'
import type { Caller } from '../accounts/caller.ts'
import { ApiProblem } from './api-problem.ts'

/** Why this caller may not call a route of this access, or null. */
export function refusalOf(caller: Caller, access: Access, nowMs: number): ApiProblem | null {
  if (access === 'public' || access === 'entrance') return null
  if (access !== 'session') return missing(caller, access, nowMs)
  if (caller.kind === 'session') return null
  return caller.kind === 'anonymous'
    ? unauthorized()
    : new ApiProblem('forbidden', 'this is for who is signed in, not for a token')
}

function missing({ kind, permissions, stepUpUntil }: Caller, permission: Permission, nowMs: number): ApiProblem | null {
  if (!permissions.has(permission))
    return kind === 'anonymous'
      ? unauthorized()
      : new ApiProblem(
          'forbidden',
          `${permission}: to ${PERMISSIONS[permission].what}; from the role ${PERMISSIONS[permission].role} on`,
        )
  const confirmed = kind === 'machine' || (stepUpUntil ?? 0) > nowMs
  return needsStepUp(permission) && !confirmed ? new ApiProblem('step_up_needed', permission) : null
}

export function unauthorized(detail?: string): ApiProblem {
  return new ApiProblem('unauthorized', detail, { headers: { 'www-authenticate': 'Bearer' } })
}
