import type { KyselyPlugin } from 'kysely'

/**
 * Calls `onPoint` after each statement, before who asked for it hears of it; what it throws takes the place of the answer. Prepared
 * statements are seen as well: they are built once, when their store is made, and run without being built.
 */
export function watchStatements(onPoint: () => void): KyselyPlugin {
  return {
    transformQuery: ({ node }) => node,
    async transformResult({ result }) {
      onPoint()
      return result
    },
  }
}
