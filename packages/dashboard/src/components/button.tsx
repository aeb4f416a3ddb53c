import type { ButtonHTMLAttributes } from 'react'

const TONES = {
  plain: 'border-line bg-surface hover:bg-raised',
  accent: 'border-accent bg-accent text-on-accent hover:opacity-90',
  danger: 'border-red-line bg-surface text-red hover:bg-red-ground',
  quiet: 'border-transparent hover:bg-raised',
}

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  tone?: keyof typeof TONES
  /** Why it cannot be pressed now; null: it can. */
  why?: string | null
}

/** A button that cannot be pressed says why, to the pointer and to a screen reader. */
export function Button({ tone = 'plain', why = null, className = '', title, type = 'button', ...rest }: ButtonProps) {
  return (
    <button
      {...rest}
      // oxlint-disable-next-line react/button-has-type
      type={type}
      disabled={why !== null || rest.disabled === true}
      title={why ?? title}
      className={`inline-flex min-h-9 items-center justify-center gap-1.5 rounded-md border px-3 py-1 font-medium whitespace-nowrap disabled:opacity-55 ${TONES[tone]} ${className}`}
    />
  )
}
