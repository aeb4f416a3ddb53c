/** What the features of a model are compared with. */
export interface DriftReferenceRow {
  model: string
  /** StoredReference. */
  reference: string
  created_at: number
}

/** How far features had moved in the time before `ts`. */
export interface DriftLookRow {
  model: string
  /** End of the time looked at, ms. */
  ts: number
  /** FeatureDrift[]. */
  features: string
}
