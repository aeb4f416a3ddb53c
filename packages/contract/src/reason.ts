/** Reasons of the controller: their codes, and how a text is read back. Core makes the texts. */
export { FACTS, REASONS, fill, readFact, readReason } from '@spark/core/rollout/reason'
export type { FactCode, ReasonCode } from '@spark/core/rollout/reason'
