import type { Command } from 'commander'
import { TRIAGE_MOVES, TRIAGE_MOVE_NAMES, type TriageAnswer, type TriageMoveName } from '@spark/contract/triage'
import { loadConfig, type Config } from '@spark/server/config'
import { folderClock } from '@spark/server/folder-clock'
import { defaultTexts } from '@spark/server/live-settings'
import { systemRandomness } from '@spark/server/random'
import { applyDepsOf } from '@spark/server/rollout/rollout-parts'
import { auditOf } from '@spark/server/storage/audit/audit-location'
import { openAuditReader } from '@spark/server/storage/audit/audit-reader'
import { loadTokens } from '@spark/server/tokens'
import { makeMove } from '@spark/server/triage/triage'
import { triageDepsOf } from '@spark/server/triage/triage-parts'
import { apiOr, operator, withStores } from '../direct.ts'
import { CheckFailed, type Output } from '../output.ts'
import { apiClient } from '../processes.ts'

const WHAT: Record<TriageMoveName, { what: string; example: string }> = {
  floor: { what: 'Raises the confidence floor: fewer decisions. At once.', example: 'floor 0.65' },
  poll: { what: 'Makes the poll interval longer: less load. At once.', example: 'poll 90000' },
  'preview-only': { what: 'Nobody acts on ML any more, scoring goes on.', example: 'preview-only --reason "p95 rises"' },
  weights: { what: 'Says what equal weights would have made of the newest scores. Applies nothing.', example: 'weights' },
  ping: { what: 'Asks the executor for its health, with the time it takes.', example: 'ping' },
  restart: { what: 'Asks the executor to stop; spark up starts it again.', example: 'restart' },
  jobs: { what: 'Says which scheduled jobs failed, are late, or do not end.', example: 'jobs' },
  drift: {
    what: 'Compares the clocks of executor, database and this process, and the time of the last market message.',
    example: 'drift',
  },
  signals: {
    what: 'Last row of every stream that should be scored, why it is not, and the last lines of the log.',
    example: 'signals',
  },
  errors: { what: 'The most frequent errors of the audit.', example: 'errors 30' },
  marker: { what: 'Appends a line to calibration_markers.csv.', example: 'marker low_confidence_period median_confid=0.38' },
  notify: { what: 'Says something to the people, through every channel that is set up.', example: 'notify "canary is slow"' },
}
/** Signals and errors read the audit. */
const TIMEOUT_MS = 20_000

/** spark triage: the counter-moves of the playbook by hand; each is audited with who, why, before and after. */
export function triageCommands(program: Command, output: Output): void {
  const commands = program
    .command('triage')
    .description("The playbook's counter-moves, each audited. Exit code 1 when not all is well. Also while the API is down.")
  for (const move of TRIAGE_MOVE_NAMES) {
    const command = commands
      .command(move)
      .description(WHAT[move].what)
      .option('--reason <text>', 'kept in the audit', 'by hand')
      .option('--json', 'as JSON, with the figures behind the sentences')
      .addHelpText('after', `\nExample:\n  spark triage ${WHAT[move].example}`)
      .action((...given: unknown[]) => {
        const words = TRIAGE_MOVES[move] === null ? [] : (given[0] as string[])
        const { reason, json } = command.opts<{ reason: string; json?: true }>()
        return triage(output, { move, value: words.length === 0 ? null : words.join(' '), reason, json: json === true })
      })
    const value = TRIAGE_MOVES[move]
    if (value !== null) command.argument('[value...]', value)
  }
}

interface Wish {
  move: TriageMoveName
  value: string | null
  reason: string
}

/** Makes a move, through the API or without it, and prints what it found. */
export async function triage(output: Output, { json, ...wish }: Wish & { json: boolean }): Promise<void> {
  const config = loadConfig()
  const { move, value, reason } = wish
  const body = { reason, ...(value !== null && { value }) }
  const answer = await apiOr(
    () => apiClient(config, TIMEOUT_MS).call('triage', { params: { move }, body }),
    output,
    () => moveDirectly(config, wish),
  )
  if (json) output.line(JSON.stringify(answer, null, 2))
  else for (const finding of answer.findings) output.line(finding)
  if (!answer.ok) throw new CheckFailed('')
}

async function moveDirectly(config: Config, { move, value, reason }: Wish): Promise<TriageAnswer> {
  const auditReader = openAuditReader({ ...auditOf(config), thread: false })
  try {
    return await withStores(config, async (stores) => {
      const parts = {
        config,
        clock: folderClock(config),
        stores,
        auditReader,
        executorToken: loadTokens(config.dataDir, systemRandomness).operator,
      }
      const apply = applyDepsOf({ ...parts, random: systemRandomness }, defaultTexts())
      const found = await makeMove(triageDepsOf({ ...parts, apply }), move, { value, reason, who: operator() })
      if ('problem' in found) throw new CheckFailed(found.problem)
      const { ok, findings, before = null, after = null, detail = null } = found
      return { ok, findings, before, after, detail }
    })
  } finally {
    await auditReader.close()
  }
}
