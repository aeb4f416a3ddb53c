/** Beyond this the power series loses digits to its size, and the continued fraction is short. */
const SERIES_TO = 3

/** P(Z <= x) of the standard normal distribution, right to 1e-15, and in the lower tail to 13 digits. */
export function normalCdf(x: number): number {
  if (Number.isNaN(x)) return Number.NaN
  if (x > 0) return 1 - normalCdf(-x)
  if (x < -40) return 0
  const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)
  return x > -SERIES_TO ? 0.5 + density * oddSeries(x) : density / millsFraction(-x)
}

/** The x with P(Z <= x) = p, for 0 < p < 1 (RangeError otherwise), by halving. */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1)) throw new RangeError(`${p} is not inside 0..1`)
  if (p > 0.5) return -normalQuantile(1 - p)
  let low = -40
  let high = 0
  for (;;) {
    const middle = (low + high) / 2
    if (middle <= low || middle >= high) return middle
    if (normalCdf(middle) < p) low = middle
    else high = middle
  }
}

/** x + x³/3 + x⁵/(3·5) + … (Abramowitz and Stegun 26.2.11). */
function oddSeries(x: number): number {
  let sum = 0
  let term = x
  for (let odd = 3; sum + term !== sum; odd += 2) {
    sum += term
    term *= (x * x) / odd
  }
  return sum
}

/** x + 1/(x + 2/(x + 3/(x + …))) for x >= 3 (Abramowitz and Stegun 26.2.14). */
function millsFraction(x: number): number {
  let fraction = x
  for (let depth = 120; depth >= 1; depth -= 1) fraction = x + depth / fraction
  return fraction
}
