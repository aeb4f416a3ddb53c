import { useState, type FormEvent } from 'react'
import { useCommand } from '../../commands.ts'
import { Button } from '../../components/button.tsx'
import { PasswordField } from '../../components/password-field.tsx'
import { useLanguage } from '../../i18n/language.tsx'
import { Sessions } from './sessions.tsx'
import { NewToken, Tokens } from './tokens.tsx'

/** The reader's own sessions, password and tokens. */
export function OwnAccess() {
  const { m } = useLanguage()
  const { settings: t } = m
  return (
    <>
      <Sessions everybody={false} />
      <details className="mt-2">
        <summary className="text-accent">{t.password}</summary>
        <ChangePassword />
      </details>
      <h3 className="mt-3 text-xs text-muted">{t.tokens}</h3>
      <Tokens everybody={false} />
      <details className="mt-2">
        <summary className="text-accent">{t.makeToken}</summary>
        <NewToken />
      </details>
    </>
  )
}

function ChangePassword() {
  const { m } = useLanguage()
  const { settings: t } = m
  const run = useCommand()
  const [current, setCurrent] = useState('')
  const [password, setPassword] = useState('')
  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault()
    if ((await run('passwordChange', { body: { current, password } }, t.password)) === null) return
    setCurrent('')
    setPassword('')
  }
  return (
    <form className="mt-2 grid max-w-80 gap-2" onSubmit={(event) => void submit(event)}>
      <PasswordField name={t.currentPassword} autoComplete="current-password" value={current} onChange={setCurrent} />
      <PasswordField name={t.newPassword} autoComplete="new-password" value={password} onChange={setPassword} />
      <Button className="justify-self-start" type="submit">
        {t.password}
      </Button>
    </form>
  )
}
