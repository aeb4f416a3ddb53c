/** +1, 0, −1, with a true minus. */
export function decisionMark(decision: number): string {
  return decision > 0 ? '+1' : decision < 0 ? '−1' : '0'
}
