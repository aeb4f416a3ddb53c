/** The only source of time in the page. */

/** ms since 1970, of this browser. */
export function browserMs(): number {
  return Date.now()
}

/** Never set back. */
export function monotonicMs(): number {
  return performance.now()
}

/** Calls until the returned function is called. */
export function every(ms: number, work: () => void): () => void {
  const timer = setInterval(work, ms)
  return () => clearInterval(timer)
}

/** Calls once, unless the returned function is called before. */
export function after(ms: number, work: () => void): () => void {
  const timer = setTimeout(work, ms)
  return () => clearTimeout(timer)
}
