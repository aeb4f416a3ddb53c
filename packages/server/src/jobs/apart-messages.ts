/** What a process of its own tells whoever started it. */
export type ApartMessage =
  | { kind: 'progress'; share: number }
  /** `result`: what is to be stored with it. */
  | { kind: 'done'; ok: boolean; said: string; result?: unknown }
  /** It cannot be done, and why. */
  | { kind: 'refused'; said: string }

/** Tells the one that started this process. */
export function tell(message: ApartMessage): void {
  process.send?.(message)
}

/** Does the work of this process, tells how it ended, and ends; at once when whoever wants to know is gone. */
export async function tellWork(work: () => Promise<ApartMessage>): Promise<void> {
  const giveUp = () => process.exit(1)
  process.once('disconnect', giveUp)
  tell(await work())
  process.off('disconnect', giveUp)
  process.disconnect?.()
}
