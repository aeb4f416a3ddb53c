/** A hit rate, a Brier score or a correlation of fewer labels is mostly chance. */
export const LABELS_MIN = 100
/** Of one bucket: its interval is wider than a bucket. */
export const BUCKET_LABELS_MIN = 30

/** How many labels are missing until figures are shown; 0: none. */
export function labelsMissing(labels: number): number {
  return Math.max(0, LABELS_MIN - labels)
}
