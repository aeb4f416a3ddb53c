import type { AlertView } from '@spark/contract/alerts'
import type { StoredAlert } from './storage/alert-store.ts'

/** An alert as the outside sees it. */
export function alertView({ told: _told, lookTs: _look, ...view }: StoredAlert): AlertView {
  return view
}
