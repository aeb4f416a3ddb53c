/**
 * Left out of a list that asks neither for an action nor for all: nine rows of ten, and never what someone looks for. Of an
 * order its end is shown, not its steps.
 */
export const HIDDEN_ACTIONS: readonly string[] = [
  'controller.tick',
  'baseline.decision',
  'order.reserved',
  'order.sending',
  'order.acknowledged',
  'order.partly_filled',
]
