import { defineConfig } from 'vitest/config'

const common = {
  pool: 'threads',
  isolate: false,
  testTimeout: 30_000,
  hookTimeout: 30_000,
} as const

export default defineConfig({
  test: {
    sequence: { shuffle: true },
    projects: [
      { test: { ...common, name: 'unit', include: ['packages/*/src/**/*.test.ts'], sequence: { groupOrder: 0 } } },
      // Whole processes, one file after the other: on two cores they would only slow each other down.
      {
        test: { ...common, name: 'system', include: ['test/**/*.test.ts'], fileParallelism: false, sequence: { groupOrder: 1 } },
      },
    ],
  },
})
