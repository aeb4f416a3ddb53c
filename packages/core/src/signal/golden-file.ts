import expected from './fuse.golden.json' with { type: 'json' }
import type { Golden } from './golden.ts'

/** The checked-in bits, for `checkGolden` at each start. */
export const GOLDEN: Golden = expected
