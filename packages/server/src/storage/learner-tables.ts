/** One row, once there was an update. */
export interface LearnerRow {
  id: number
  /** LearnerState. */
  state: string
  /** Labels that were over by then are in it, ms. */
  learned_to: number
  changed_at: number
}

/** Of a candidate model. */
export interface ModelTrainingRow {
  model: string
  parent: string
  /** UpdateEvidence. */
  evidence: string
  created_at: number
}
