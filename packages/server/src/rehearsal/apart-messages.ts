/** What a rehearsal that runs in a process of its own tells whoever started it. */
export type ApartMessage =
  | { kind: 'progress'; share: number }
  | { kind: 'done'; ok: boolean; said: string }
  /** The rollout may not start, with the arithmetic. */
  | { kind: 'refused'; said: string }
