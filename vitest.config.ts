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
      // Whole processes, two files at a time: most of them wait for clocks and candles most of the time.
      { test: { ...common, name: 'system', include: ['test/**/*.test.ts'], maxWorkers: 2, sequence: { groupOrder: 1 } } },
    ],
  },
})
