import { isExpired, modelHash, modelProblem, type Model } from '@spark/core/signal/model'
import { sha256 } from './sha256.ts'
import type { StoredModel } from './storage/model-store.ts'

/** Damaged: the document is not the one that was stored, or no build of this formula can score with it. */
export type ModelState = 'usable' | 'expired' | 'damaged'

/** The document, when it is the one that was stored; else null. */
export function intactDocument({ version, document, hash }: StoredModel): Model | null {
  return document?.version === version && hashOf(document) === hash ? document : null
}

export function modelStateOf(stored: StoredModel, nowMs: number): ModelState {
  const document = intactDocument(stored)
  if (document === null || modelProblem(document) !== null) return 'damaged'
  return isExpired(document, nowMs) ? 'expired' : 'usable'
}

/** Null for a document that has no canonical form, as one with 1e999 in it: it was damaged in storage. */
function hashOf(document: Model): string | null {
  try {
    return modelHash(document, sha256)
  } catch {
    return null
  }
}
