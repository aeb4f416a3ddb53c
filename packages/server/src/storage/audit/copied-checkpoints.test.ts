import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkpointText } from '@spark/core/audit/checkpoint'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../temporary-folder.ts'
import { firstCopiedSince } from './copied-checkpoints.ts'

const HEADS = Object.fromEntries(Array.from({ length: 900 }, (_, at) => [`api-${at}`, { seq: at, hash: 'a'.repeat(64) }]))

it('the first checkpoint since a time is found among lines of any length', async () => {
  const path = join(temporaryFolder(), 'copy.ndjson')
  expect(await firstCopiedSince(path, 0)).toBeNull()
  const lines = fc.array(fc.record({ step: fc.integer({ min: 1, max: 9 }), kind: fc.constantFrom('short', 'long', 'garbage') }))
  await fc.assert(
    fc.asyncProperty(lines, fc.integer({ min: 0, max: 60 }), async (steps, since) => {
      let ts = 0
      const all = steps.map(({ step, kind }) => ({ kind, ts: (ts += step) }))
      const texts = all.map((one) => {
        const document = checkpointText({ version: 1, ts: one.ts, heads: one.kind === 'long' ? HEADS : {} })
        return one.kind === 'garbage' ? 'no JSON' : JSON.stringify({ document, signature: '' })
      })
      writeFileSync(path, texts.map((text) => `${text}\n`).join(''))
      const first = all.find((one) => one.kind !== 'garbage' && one.ts >= since)
      expect((await firstCopiedSince(path, since))?.ts).toBe(first?.ts)
    }),
    { numRuns: 60 },
  )
})
