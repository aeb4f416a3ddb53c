import { expect, it } from 'vitest'
import { endApiUnderLoad } from './kill-api.ts'

// How soon it is back is a figure of bench/crash-restart.ts.
it('5 times killed under load, the api loses no answered score and comes back', { timeout: 240_000 }, async () => {
  const { answered } = await endApiUnderLoad(5, 'SIGKILL')
  expect(answered).toBeGreaterThan(0)
})

it('stopped by SIGTERM under load, the api loses no answered score', { timeout: 180_000 }, async () => {
  const { answered } = await endApiUnderLoad(2, 'SIGTERM')
  expect(answered).toBeGreaterThan(0)
})
