import { expect, it } from 'vitest'
import { endApiUnderLoad } from './kill-api.ts'

// 500 times: kill-api.long.test.ts. How soon it is back is a figure of bench/crash-restart.ts.
it.each(['SIGKILL', 'SIGTERM'] as const)(
  'ended by %s under load, the api loses no answered score and comes back',
  { timeout: 180_000 },
  async (signal) => {
    const { answered } = await endApiUnderLoad(1, signal)
    expect(answered).toBeGreaterThan(0)
  },
)
