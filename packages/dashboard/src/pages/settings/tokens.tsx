import { useQuery } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import type { TokenView } from '@spark/contract/accounts'
import { TOKEN_PERMISSIONS } from '@spark/contract/permissions'
import { useCommand } from '../../commands.ts'
import { Ago, Until } from '../../components/ago.tsx'
import { Button } from '../../components/button.tsx'
import { ConfirmDialog } from '../../components/confirm-dialog.tsx'
import { CopyButton } from '../../components/copy-button.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { useLanguage } from '../../i18n/language.tsx'
import { queries } from '../../queries.ts'
import { usePermissions } from '../../session.ts'

/** Tokens, each of which can be ended: one's own, or those of everybody. */
export function Tokens({ everybody }: { everybody: boolean }) {
  const { m } = useLanguage()
  const { settings: t } = m
  const query = useQuery(queries.tokens(everybody ? { user: 'all' } : {}))
  return (
    <QueryView query={query}>
      {({ items }) =>
        items.length === 0 ? (
          <p className="text-muted">{t.noTokens}</p>
        ) : (
          <ul>
            {items.map((token) => (
              <TokenRow key={token.id} token={token} everybody={everybody} />
            ))}
          </ul>
        )
      }
    </QueryView>
  )
}

function TokenRow({ token, everybody }: { token: TokenView; everybody: boolean }) {
  const { m } = useLanguage()
  const { settings: t } = m
  const run = useCommand()
  const [asking, setAsking] = useState(false)
  const { id, user, name, permissions, expiresAt, usedAt } = token
  const verb = `${t.revoke}: ${user}:${name}`
  return (
    <li className="flex flex-wrap items-center justify-between gap-2 border-b border-line py-1">
      <div className="min-w-0 flex-1 basis-60">
        <p className="font-medium">{everybody ? `${user}:${name}` : name}</p>
        <p className="text-xs text-muted">{permissions.map((one) => t.scopes[one]).join('; ')}</p>
        <p className="text-xs text-muted">
          {t.tokenEnds} <Until ms={expiresAt} /> · {usedAt === null ? t.neverUsed : t.tokenUsed}{' '}
          {usedAt !== null && <Ago ms={usedAt} />}
        </p>
      </div>
      <Button onClick={() => setAsking(true)}>{t.revoke}</Button>
      {asking && (
        <ConfirmDialog
          title={verb}
          firstReason={null}
          confirm={t.revoke}
          tone="danger"
          onConfirm={async () => (await run('tokenRevoke', { params: { id }, body: {} }, verb)) !== null}
          onClose={() => setAsking(false)}
        >
          <p>{t.revokeWhat}</p>
        </ConfirmDialog>
      )}
    </li>
  )
}

type Scope = (typeof TOKEN_PERMISSIONS)[number]

const DAYS_FIRST = '90'
const DAYS_MAX = 365

/** Makes a token that may do a part of what its owner may. */
export function NewToken() {
  const { m } = useLanguage()
  const { settings: t } = m
  const run = useCommand()
  const permissions = usePermissions()
  const [name, setName] = useState('')
  const [days, setDays] = useState(DAYS_FIRST)
  const [scopes, setScopes] = useState<readonly Scope[]>(['canRead'])
  const [secret, setSecret] = useState<string | null>(null)
  async function make(event: FormEvent): Promise<void> {
    event.preventDefault()
    const made = await run('tokenCreate', { body: { name, permissions: [...scopes], days: Number(days) } }, t.makeToken)
    if (made !== null) setSecret(made.secret)
  }
  const toggle = (scope: Scope) => setScopes(scopes.includes(scope) ? scopes.filter((one) => one !== scope) : [...scopes, scope])
  return (
    <form className="mt-2 grid gap-2" onSubmit={(event) => void make(event)}>
      {secret !== null && (
        <p className="break-all" role="status">
          {t.tokenOnce}: <code>{secret}</code> <CopyButton text={secret} name={t.tokens} />{' '}
          <button
            type="button"
            className="rounded border border-line px-1.5 text-xs hover:bg-raised"
            aria-label={`${m.common.close}: ${t.tokens}`}
            onClick={() => setSecret(null)}
          >
            {m.common.close}
          </button>
        </p>
      )}
      <div className="flex flex-wrap items-end gap-2">
        <label className="grid gap-0.5 text-xs text-muted">
          {t.name}
          <input className="field" required autoCapitalize="off" value={name} onChange={(event) => setName(event.target.value)} />
        </label>
        <label className="grid gap-0.5 text-xs text-muted">
          {t.days}
          <input
            className="field w-28"
            type="number"
            required
            min={1}
            max={DAYS_MAX}
            value={days}
            onChange={(event) => setDays(event.target.value)}
          />
        </label>
      </div>
      <fieldset>
        <legend className="text-xs text-muted">{t.scopesWhat}</legend>
        <div className="grid gap-x-4 sm:grid-cols-2">
          {TOKEN_PERMISSIONS.filter((scope) => permissions[scope]).map((scope) => (
            <label key={scope} className="flex min-h-8 items-center gap-1.5">
              <input type="checkbox" checked={scopes.includes(scope)} onChange={() => toggle(scope)} />
              {t.scopes[scope]}
            </label>
          ))}
        </div>
      </fieldset>
      <Button className="justify-self-start" type="submit" disabled={scopes.length === 0}>
        {t.makeToken}
      </Button>
    </form>
  )
}
