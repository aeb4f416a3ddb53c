import { types, type CustomTypesConfig } from 'pg'

/** Values come back as SQLite gives them: whole numbers as number, comparisons as 0 or 1. */
export const POSTGRES_TYPES: CustomTypesConfig = {
  getTypeParser(id, format) {
    if (id === types.builtins.BOOL) return (text: string) => (text === 't' ? 1 : 0)
    if (id === types.builtins.INT8 || id === types.builtins.NUMERIC) return toNumber
    return types.getTypeParser(id, format) as (value: string) => unknown
  },
}

/** A sum of bigint is numeric. What a number cannot hold is refused, not rounded. */
function toNumber(text: string): number {
  const number = Number(text)
  if (/^-?\d+$/.test(text) && !Number.isSafeInteger(number)) throw new RangeError(`${text} is larger than a number can hold`)
  return number
}

/** NaN would be stored, a Date as text in local time, an object as JSON: everything unclear is refused, as it is for SQLite. */
export function toParameter(value: unknown): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'bigint') return value
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'number' && !Number.isNaN(value)) return value
  if (value instanceof Uint8Array) return value
  throw new TypeError(`a value of type ${value instanceof Date ? 'Date' : typeof value} cannot be stored`)
}
