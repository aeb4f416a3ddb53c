import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const common = {
  pool: 'threads',
  isolate: false,
  testTimeout: 30_000,
  hookTimeout: 30_000,
} as const

/** The longest: begun last, they would keep one processor waiting for the other. */
const FIRST = [
  'system/trading',
  'rehearsal/seeds',
  'system/deploy',
  'crash/kill-order-path',
  'crash/kill-commands',
  'crash/kill-api',
]

/** Files in random order, but for those that take longest. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const at = FIRST.findIndex((part) => moduleId.includes(part))
      return at === -1 ? FIRST.length + Math.random() : at
    }
    const placed = files.map((file) => ({ file, place: place(file) }))
    return placed.sort((a, b) => a.place - b.place).map(({ file }) => file)
  }
}

export default defineConfig({
  test: {
    sequence: { shuffle: { files: false, tests: true }, sequencer: LongestFirst },
    projects: [
      { test: { ...common, name: 'unit', include: ['packages/*/src/**/*.test.ts'], sequence: { groupOrder: 0 } } },
      // Whole processes, two files at a time: most of them wait for clocks and candles most of the time.
      { test: { ...common, name: 'system', include: ['test/**/*.test.ts'], maxWorkers: 2, sequence: { groupOrder: 1 } } },
    ],
  },
})
