import type { Command } from 'commander'
import { loadConfig, type Config } from '@spark/server/config'
import { stopLocalProcess } from '@spark/server/stop-process'
import { CheckFailed, type Output, WrongUsage } from '../output.ts'
import { askApi, askExecutor } from '../processes.ts'
import { askSupervisor, switchWorkers } from '../supervisor.ts'
import { untilHolds } from '../until-holds.ts'

const LIMIT_MS = 30_000
const LOOK_EVERY_MS = 200

export function restartCommand(program: Command, output: Output): void {
  program
    .command('restart')
    .description(
      'Executor: stops it cleanly; spark up starts it again. Api: replaces its workers one by one, and loses no request. Waits until the new ones are healthy.',
    )
    .argument('<process>', 'api or executor')
    .addHelpText('after', '\nExample:\n  spark restart executor')
    .action(async (name: string) => {
      if (name !== 'api' && name !== 'executor') throw new WrongUsage(`there is no process ${name}; say api or executor`)
      const config = loadConfig()
      if (name === 'api' && (await askSupervisor(config)) !== null) return replaceWorkers(config, output)
      const ask = () => (name === 'api' ? askApi(config) : askExecutor(config))
      const before = await ask()
      if ('problem' in before)
        throw new CheckFailed(
          `${name} does not answer (${before.problem}). If spark up runs, it kills a process that hangs for 10 s and starts it again.`,
        )
      const oldPid = before.health.pid
      const problem = stopLocalProcess(name, name === 'api' ? config.apiUrl : config.executorUrl, before.health)
      if (problem !== null) throw new CheckFailed(problem)
      output.note(`${name}: asked process ${oldPid} to stop`)
      const late = `${name} has not come back within ${LIMIT_MS / 1000} s. Is it watched by spark up? spark status shows what runs.`
      const pid = await untilHolds({ limitMs: LIMIT_MS, everyMs: LOOK_EVERY_MS }, async () => {
        const after = await ask()
        return 'health' in after && after.health.pid !== oldPid && after.health.ok
          ? { value: after.health.pid }
          : { problem: late }
      })
      output.line(`${name}: process ${pid} is healthy`)
    })
}

async function replaceWorkers(config: Config, output: Output): Promise<void> {
  await switchWorkers(config, { kind: 'restart', release: null, back: null, modelHash: null }, (text, ms) =>
    output.line(`${text} (${ms} ms)`),
  )
  const workers = (await askSupervisor(config))?.workers.filter(({ state }) => state === 'serving') ?? []
  output.line(
    `api: ${workers.map(({ name, pid }) => `${name} (process ${pid})`).join(', ')} healthy; the old ones end with their connections`,
  )
}
