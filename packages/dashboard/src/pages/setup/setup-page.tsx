import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState, type FormEvent } from 'react'
import { Button } from '../../components/button.tsx'
import { Panel } from '../../components/panel.tsx'
import { PasswordField } from '../../components/password-field.tsx'
import { errorAndNext } from '../../error-text.ts'
import { useLanguage } from '../../i18n/language.tsx'
import { api, queries } from '../../queries.ts'

/** Where a set-up link leads: the token stands behind #, so that no server log ever holds it. */
export function SetupPage() {
  const spoken = useLanguage()
  const { session: t } = spoken.m
  const client = useQueryClient()
  const navigate = useNavigate()
  const [token] = useState(() => location.hash.slice(1))
  const [password, setPassword] = useState('')
  const [problem, setProblem] = useState<string | null>(null)
  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault()
    try {
      client.setQueryData(queries.session.queryKey, await api.call('setUp', { body: { token, password } }))
      await navigate({ to: '/', replace: true })
    } catch (error) {
      setProblem(errorAndNext(error, spoken))
    }
  }
  return (
    <div className="p-2 sm:p-3">
      <h1 className="sr-only">{t.setUp}</h1>
      <Panel title={t.setUp} className="max-w-md">
        {token === '' ? (
          <p>{t.noLink}</p>
        ) : (
          <form className="grid gap-3" onSubmit={(event) => void submit(event)}>
            <p className="text-muted">{t.setUpWhy}</p>
            <PasswordField name={t.password} autoComplete="new-password" value={password} onChange={setPassword} />
            {problem !== null && (
              <p role="alert" className="text-red">
                {problem}
              </p>
            )}
            <Button tone="accent" type="submit">
              {t.setUpDo}
            </Button>
          </form>
        )}
      </Panel>
    </div>
  )
}
