interface PasswordFieldProps {
  name: string
  autoComplete: 'current-password' | 'new-password'
  value: string
  onChange: (value: string) => void
}

const LENGTH_MAX = 128

export function PasswordField({ name, autoComplete, value, onChange }: PasswordFieldProps) {
  return (
    <label className="grid gap-1">
      {name}
      <input
        className="field"
        type="password"
        autoComplete={autoComplete}
        required
        maxLength={LENGTH_MAX}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </label>
  )
}
