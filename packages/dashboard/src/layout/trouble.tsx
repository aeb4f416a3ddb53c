import { useLanguage } from '../i18n/language.tsx'

export function NotFound() {
  const { m } = useLanguage()
  return <h1 className="p-4">{m.shell.notFound}</h1>
}

export function Crashed() {
  const { m } = useLanguage()
  return (
    <div role="alert" className="p-4">
      {m.shell.crashed}
    </div>
  )
}
