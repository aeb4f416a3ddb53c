import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { errorAndNext } from '../error-text.ts'
import { useLanguage } from '../i18n/language.tsx'
import { api, queries } from '../queries.ts'
import { answerAsked, useAsked } from '../session-dialogs.ts'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { PasswordField } from './password-field.tsx'

/** Asks for name and password, or for the password again, whenever something waits for it. */
export function SessionDialog() {
  const asked = useAsked()
  return asked === null ? null : <OpenSessionDialog key={asked} again={asked === 'password'} />
}

function OpenSessionDialog({ again }: { again: boolean }) {
  const spoken = useLanguage()
  const { session: t } = spoken.m
  const client = useQueryClient()
  const ready = useQuery(queries.session).data?.ready ?? true
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const [problem, setProblem] = useState<string | null>(null)
  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault()
    try {
      const answer = again
        ? await api.call('stepUp', { body: { password } })
        : await api.call('signIn', { body: { name: name.trim(), password } })
      client.setQueryData(queries.session.queryKey, answer)
      answerAsked(true)
      void client.invalidateQueries()
    } catch (error) {
      setProblem(errorAndNext(error, spoken))
    }
  }
  return (
    <Dialog title={again ? t.again : t.signIn} onClose={() => answerAsked(false)}>
      <form className="grid gap-3" onSubmit={(event) => void submit(event)}>
        <p className="text-muted">{again ? t.againWhy : ready ? t.signInWhy : t.notReady}</p>
        {!again && (
          <label className="grid gap-1">
            {t.name}
            <input
              className="field"
              autoComplete="username"
              autoCapitalize="off"
              required
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          </label>
        )}
        <PasswordField name={t.password} autoComplete="current-password" value={password} onChange={setPassword} />
        {problem !== null && (
          <p role="alert" className="text-red">
            {problem}
          </p>
        )}
        <div className="flex justify-end gap-2">
          <Button onClick={() => answerAsked(false)}>{spoken.m.common.cancel}</Button>
          <Button tone="accent" type="submit">
            {again ? t.confirm : t.signIn}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
