import type { BodyOf } from '@spark/contract/routes'
import { loadConfig } from '@spark/server/config'
import { systemClock } from '@spark/server/clock'
import { CheckFailed, type Output } from '../output.ts'
import { apiClient } from '../processes.ts'
import { proposalText } from '../proposal-text.ts'

const LOOK_EVERY_MS = 500

/** Asks for a search of a strategy, waits for it and prints its proposal; Ctrl-C cancels it. */
export async function optimizeStrategy(
  output: Output,
  strategyId: string,
  body: BodyOf<'strategyOptimize'>,
  json: boolean,
): Promise<void> {
  const api = apiClient(loadConfig())
  const { id } = await api.call('strategyOptimize', { params: { id: strategyId }, body })
  const cancel = () => void api.call('optimizationCancel', { params: { id }, body: { reason: 'Ctrl-C' } }).catch(() => {})
  process.once('SIGINT', cancel)
  const { stderr } = process
  try {
    for (;;) {
      const { optimization, proposal } = await api.call('optimization', { params: { id } })
      const { state, progress, said } = optimization
      if (proposal !== null) {
        output.line(json ? JSON.stringify(proposal) : proposalText(proposal))
        return
      }
      if (optimization.endedAt !== null) throw new CheckFailed(`spark: ${state}: ${said ?? 'no word of why'}`)
      if (stderr.isTTY) stderr.write(`\r${state}, ${(100 * progress).toFixed(0)} %\u001b[K`)
      await systemClock.sleep(LOOK_EVERY_MS)
    }
  } finally {
    process.off('SIGINT', cancel)
    if (stderr.isTTY) stderr.write('\r\u001b[K')
  }
}
