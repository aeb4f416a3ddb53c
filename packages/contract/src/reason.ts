/** Reasons of the controller: their codes, and how a text is read back. Core makes the texts. */
export { COMMANDS, FACTS, REASONS, readFact, readReason } from '@spark/core/rollout/reason'
export { fill } from '@spark/core/text/template'
export type { FactCode, ReasonCode } from '@spark/core/rollout/reason'
