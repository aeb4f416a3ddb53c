import { expect, it } from 'vitest'
import { endApiUnderLoad } from './kill-api.ts'

it('500 times killed under load, the api loses no answered score and is back within 3 s', async () => {
  const figures = await endApiUnderLoad(500, 'SIGKILL')
  console.log(`kill -9: ${JSON.stringify(figures)}`)
  expect(figures.restartMs.p95).toBeLessThan(3000)
})

it('20 times stopped by SIGTERM under load, the api loses no answered score', async () => {
  const { answered } = await endApiUnderLoad(20, 'SIGTERM')
  expect(answered).toBeGreaterThan(0)
})
