/** Why a release cannot be made; nothing was changed. */
export class ReleaseProblem extends Error {}
