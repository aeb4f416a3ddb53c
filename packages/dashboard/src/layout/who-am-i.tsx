import { useQuery } from '@tanstack/react-query'
import { Button } from '../components/button.tsx'
import { useCommand } from '../commands.ts'
import { useLanguage } from '../i18n/language.tsx'
import { queries } from '../queries.ts'
import { ask } from '../session-dialogs.ts'

/** Who is signed in, and signing in and out. */
export function WhoAmI() {
  const { m } = useLanguage()
  const { session: t } = m
  const run = useCommand()
  const session = useQuery(queries.session).data
  if (session === undefined || session.kind !== 'session')
    return (
      <Button className="px-2" onClick={() => void ask('sign-in')}>
        {t.signIn}
      </Button>
    )
  return (
    <Button
      tone="quiet"
      className="px-2"
      title={`${t.signOut} (${session.role ?? ''})`}
      onClick={() => void run('signOut', { body: {} }, t.signOut)}
    >
      {session.name} <span className="text-muted">{t.signOut}</span>
    </Button>
  )
}
