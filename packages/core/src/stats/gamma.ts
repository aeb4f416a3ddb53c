/** Below this the argument is shifted up first; from here on the series is exact to the last bits. */
const SERIES_FROM = 15

/** Coefficients of 1/x, 1/x³, … of Stirling's series: B(2k) / (2k (2k - 1)). */
const STIRLING = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360_360]

/** ln Γ(x) for x > 0 (Abramowitz and Stegun 6.1.41). */
export function logGamma(x: number): number {
  if (!(x > 0)) throw new RangeError(`ln Γ of ${x}`)
  let product = 1
  let shifted = x
  for (; shifted < SERIES_FROM; shifted += 1) product *= shifted
  let power = 1 / shifted
  let series = 0
  for (const coefficient of STIRLING) {
    series += coefficient * power
    power /= shifted * shifted
  }
  return (shifted - 0.5) * Math.log(shifted) - shifted + 0.5 * Math.log(2 * Math.PI) + series - Math.log(product)
}

/** ln B(a, b) for a, b > 0. */
export function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b)
}
