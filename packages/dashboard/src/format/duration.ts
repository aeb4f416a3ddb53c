export interface DurationPart {
  value: number
  unit: 'day' | 'hour' | 'minute' | 'second'
}

const UNITS = [
  { unit: 'day', seconds: 86_400 },
  { unit: 'hour', seconds: 3600 },
  { unit: 'minute', seconds: 60 },
  { unit: 'second', seconds: 1 },
] as const

/** The largest unit and the one below it, when that is not 0: 3 min 20 s, 2 h, 1 d 4 h; 0 s for less than a second. */
export function durationParts(ms: number): DurationPart[] {
  const seconds = Math.max(0, Math.round(ms / 1000))
  const first = UNITS.findIndex((one) => seconds >= one.seconds)
  if (first === -1) return [{ value: 0, unit: 'second' }]
  let rest = seconds
  return UNITS.slice(first, first + 2)
    .map(({ unit, seconds: size }) => {
      const value = Math.floor(rest / size)
      rest -= value * size
      return { value, unit }
    })
    .filter(({ value }, at) => at === 0 || value > 0)
}
