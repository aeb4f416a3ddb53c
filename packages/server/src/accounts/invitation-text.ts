import type { Invitation } from '@spark/contract/accounts'

/** What is printed of a set-up link, this once: Spark itself keeps only its hash, and no log line holds it. */
export function invitationText({ user, path, expiresAt }: Invitation, apiUrl: string): string {
  return [
    `Set-up link of ${user.name} (${user.role}), for one use, until ${new Date(expiresAt).toISOString()}:`,
    `  ${apiUrl}${path}`,
    `Lost or expired: bin/spark users setup-link ${user.name}`,
    '',
  ].join('\n')
}
