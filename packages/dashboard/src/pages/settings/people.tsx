import { useQuery } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { ROLES, type Role } from '@spark/contract/permissions'
import type { AnswerOf, BodyOf } from '@spark/contract/routes'
import { useCommand } from '../../commands.ts'
import { Button } from '../../components/button.tsx'
import { ConfirmDialog } from '../../components/confirm-dialog.tsx'
import { CopyButton } from '../../components/copy-button.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { useLanguage } from '../../i18n/language.tsx'
import { queries } from '../../queries.ts'
import { usePermissions } from '../../session.ts'

type User = AnswerOf<'users'>['items'][number]

interface AskedChange {
  user: User
  to: BodyOf<'userChange'>
}

/** People with their roles; adding answers a set-up link, which is shown once. */
export function People() {
  const { m } = useLanguage()
  const { settings: t } = m
  const run = useCommand()
  const { canManageUsers } = usePermissions()
  const query = useQuery(queries.users)
  const [link, setLink] = useState<string | null>(null)
  const [asked, setAsked] = useState<AskedChange | null>(null)
  const why = canManageUsers ? null : m.common.notPermitted
  const show = (invitation: { path: string } | null) => {
    if (invitation !== null) setLink(`${location.origin}${invitation.path}`)
  }
  return (
    <>
      <QueryView query={query}>
        {({ items }) => (
          <ul>
            {items.map((user) => (
              <li key={user.name} className="flex flex-wrap items-center gap-2 border-b border-line py-1">
                <span className="font-medium">{user.name}</span>
                <span className="text-muted">{t.states[user.state]}</span>
                <select
                  className="field ms-auto"
                  aria-label={`${t.role}: ${user.name}`}
                  value={user.role}
                  disabled={why !== null}
                  onChange={(event) => setAsked({ user, to: { role: event.target.value as Role } })}
                >
                  {ROLES.map((one) => (
                    <option key={one} value={one}>
                      {t.roles[one]}
                    </option>
                  ))}
                </select>
                <Button why={why} onClick={() => setAsked({ user, to: { disabled: user.state !== 'disabled' } })}>
                  {user.state === 'disabled' ? t.enable : t.disable}
                </Button>
                <Button
                  why={why}
                  onClick={() => void run('userInvite', { params: { id: user.name }, body: {} }, t.newLink).then(show)}
                >
                  {t.newLink}
                </Button>
              </li>
            ))}
          </ul>
        )}
      </QueryView>
      {link !== null && (
        <p className="mt-2 break-all" role="status">
          {t.link}: <code>{link}</code> <CopyButton text={link} name={t.link} />
        </p>
      )}
      <AddPerson why={why} onInvited={show} />
      {asked !== null && <ChangeDialog asked={asked} onClose={() => setAsked(null)} />}
    </>
  )
}

/** What follows for the person, before it happens. */
function ChangeDialog({ asked: { user, to }, onClose }: { asked: AskedChange; onClose: () => void }) {
  const { m } = useLanguage()
  const { settings: t } = m
  const run = useCommand()
  const { name } = user
  const verb = to.role !== undefined ? t.changeRole : to.disabled === true ? t.disable : t.enable
  return (
    <ConfirmDialog
      title={`${verb}: ${name}`}
      firstReason={null}
      confirm={verb}
      tone={to.disabled === true ? 'danger' : 'accent'}
      onConfirm={async () => (await run('userChange', { params: { id: name }, body: to }, `${verb}: ${name}`)) !== null}
      onClose={onClose}
    >
      {to.role === undefined ? (
        <p>{to.disabled === true ? t.disableWhat : t.enableWhat}</p>
      ) : (
        <>
          <p>
            {t.roles[user.role]} → <strong>{t.roles[to.role]}</strong>
          </p>
          <p>{t.changeRoleWhat}</p>
        </>
      )}
    </ConfirmDialog>
  )
}

function AddPerson({ why, onInvited }: { why: string | null; onInvited: (invitation: { path: string } | null) => void }) {
  const { m } = useLanguage()
  const { settings: t } = m
  const run = useCommand()
  const [name, setName] = useState('')
  const [role, setRole] = useState<Role>('viewer')
  async function add(event: FormEvent): Promise<void> {
    event.preventDefault()
    onInvited(await run('userCreate', { body: { name, role } }, t.add))
  }
  return (
    <form className="mt-2 flex flex-wrap items-end gap-2" onSubmit={(event) => void add(event)}>
      <label className="grid gap-0.5 text-xs text-muted">
        {t.name}
        <input className="field" required autoCapitalize="off" value={name} onChange={(event) => setName(event.target.value)} />
      </label>
      <label className="grid gap-0.5 text-xs text-muted">
        {t.role}
        <select className="field" value={role} onChange={(event) => setRole(event.target.value as Role)}>
          {ROLES.map((one) => (
            <option key={one} value={one}>
              {t.roles[one]}
            </option>
          ))}
        </select>
      </label>
      <Button type="submit" why={why}>
        {t.add}
      </Button>
    </form>
  )
}
