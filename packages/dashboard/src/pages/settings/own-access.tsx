import { useQuery } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { useCommand } from '../../commands.ts'
import { Ago } from '../../components/ago.tsx'
import { Button } from '../../components/button.tsx'
import { CopyButton } from '../../components/copy-button.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { useLanguage } from '../../i18n/language.tsx'
import { queries } from '../../queries.ts'

/** The reader's own sessions and tokens, each of which can be ended. */
export function OwnAccess() {
  const { m } = useLanguage()
  const { settings: t } = m
  const run = useCommand()
  const sessions = useQuery(queries.sessions)
  return (
    <>
      <QueryView query={sessions}>
        {({ items }) => (
          <ul>
            {items.map(({ id, address, agent, seenAt, current }) => (
              <li key={id} className="flex flex-wrap items-center justify-between gap-2 border-b border-line py-1">
                <span className="min-w-0 flex-1 basis-60 break-words">
                  {address} <span className="text-xs text-muted">{agent}</span>
                </span>
                <span>{current ? t.current : <Ago ms={seenAt} />}</span>
                <Button onClick={() => void run('sessionRevoke', { params: { id }, body: {} }, t.revoke)}>{t.revoke}</Button>
              </li>
            ))}
          </ul>
        )}
      </QueryView>
      <h3 className="mt-3 text-xs text-muted">{t.tokens}</h3>
      <Tokens />
    </>
  )
}

const DAYS_FIRST = 90

function Tokens() {
  const { m } = useLanguage()
  const { settings: t } = m
  const run = useCommand()
  const query = useQuery(queries.tokens)
  const [name, setName] = useState('')
  const [secret, setSecret] = useState<string | null>(null)
  async function make(event: FormEvent): Promise<void> {
    event.preventDefault()
    const made = await run('tokenCreate', { body: { name, permissions: ['canRead'], days: DAYS_FIRST } }, t.makeToken)
    if (made !== null) setSecret(made.secret)
  }
  return (
    <>
      <QueryView query={query}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="text-muted">{t.noTokens}</p>
          ) : (
            <ul>
              {items.map(({ id, name: called, expiresAt }) => (
                <li key={id} className="flex flex-wrap items-center justify-between gap-2 border-b border-line py-1">
                  <span>{called}</span> <Ago ms={expiresAt} />
                  <Button onClick={() => void run('tokenRevoke', { params: { id }, body: {} }, t.revoke)}>{t.revoke}</Button>
                </li>
              ))}
            </ul>
          )
        }
      </QueryView>
      {secret !== null && (
        <p className="mt-2 break-all" role="status">
          {t.tokenOnce}: <code>{secret}</code> <CopyButton text={secret} name={t.tokens} />
        </p>
      )}
      <form className="mt-2 flex flex-wrap items-end gap-2" onSubmit={(event) => void make(event)}>
        <label className="grid gap-0.5 text-xs text-muted">
          {t.name}
          <input className="field" required autoCapitalize="off" value={name} onChange={(event) => setName(event.target.value)} />
        </label>
        <Button type="submit">{t.makeToken}</Button>
      </form>
    </>
  )
}
