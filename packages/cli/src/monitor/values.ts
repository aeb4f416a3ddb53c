/** `4 s`, `12 min`, `3.5 h`; `-` when it is not known. */
export function ageText(seconds: number | null): string {
  if (seconds === null) return '-'
  if (seconds < 100) return `${Math.round(seconds)} s`
  if (seconds < 6000) return `${Math.round(seconds / 60)} min`
  return seconds < 172_800 ? `${upToText(seconds / 3600, 1)} h` : `${Math.round(seconds / 86_400)} d`
}

/** At most so many decimals. */
export function upToText(value: number, decimals = 2): string {
  return String(Number(value.toFixed(decimals)))
}

/** With separators between thousands, for people; `text` is a plain decimal. */
export function amountText(text: string, decimals = 2): string {
  const [whole = '0', part] = Number(text).toFixed(decimals).split('.')
  const grouped = whole.replaceAll(/\B(?=(\d{3})+$)/g, ',')
  return part === undefined ? grouped : `${grouped}.${part}`
}
