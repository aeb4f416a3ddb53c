import type { Command } from 'commander'
import { loadConfig } from '@spark/server/config'
import { bucketsText, driftText, markersText, partsText, verdictText } from '../calibration-text.ts'
import type { Output } from '../output.ts'
import { apiClient } from '../processes.ts'
import { runJob } from '../run-job.ts'
import { triage } from './triage.ts'

interface Options {
  model?: string
  all?: true
  json?: true
}

/** spark calibration: what became of decisions, through the API. */
export function calibrationCommands(program: Command, output: Output): void {
  const calibration = program.command('calibration').description('What became of decisions: verdict, reliability, signal parts.')
  const print = (json: true | undefined, answer: object, text: string) =>
    output.line(json === true ? JSON.stringify(answer, null, 2) : text)
  const show = (name: string, description: string, example: string) =>
    calibration
      .command(name)
      .description(description)
      .option('--model <version>', 'default: the model of the rollout, else the champion')
      .option('--json', 'as JSON, like GET /api/calibration')
      .addHelpText('after', `\nExample:\n  spark calibration ${example}`)

  show('verdict', 'Whether the model is proven, with its figures.', 'verdict').action(async ({ model, json }: Options) => {
    const query = model === undefined ? {} : { model }
    const answer = await apiClient(loadConfig()).call('calibrationVerdict', { query })
    print(json, answer, verdictText(answer))
  })
  show('buckets', 'Confidence beside hit rate, by bucket.', 'buckets --all')
    .option('--all', 'every label, also those that overlap in time: their intervals are too narrow')
    .action(async ({ model, all, json }: Options) => {
      const query = { ...(model !== undefined && { model }), ...(all === true && { labels: 'all' as const }) }
      const answer = await apiClient(loadConfig()).call('calibrationReliability', { query })
      print(json, answer, bucketsText(answer))
    })
  show('parts', 'Share of each signal part, and its correlations.', 'parts').action(async ({ model, json }: Options) => {
    const query = model === undefined ? {} : { model }
    const answer = await apiClient(loadConfig()).call('calibrationParts', { query })
    print(json, answer, partsText(answer))
  })
  calibration
    .command('update')
    .description('Runs the weekly update of the model now, as the job learn does. Says why when there is no candidate.')
    .option('--reason <text>', 'kept in the audit', 'by hand')
    .addHelpText('after', '\nExample:\n  spark calibration update --reason "new week"')
    .action(async ({ reason }: { reason: string }) => output.line(await runJob(apiClient(loadConfig()), 'learn', reason)))
  show('drift', 'How far the features are from those the model was made on.', 'drift').action(
    async ({ model, json }: Options) => {
      const query = model === undefined ? {} : { model }
      const answer = await apiClient(loadConfig()).call('calibrationDrift', { query })
      print(json, answer, driftText(answer))
    },
  )
  markerCommands(calibration, output)
}

function markerCommands(calibration: Command, output: Output): void {
  const markers = calibration.command('markers').description('Times that are marked to leave out of tests, or to look at.')
  markers
    .command('list', { isDefault: true })
    .description('What is marked, and lines of calibration_markers.csv that cannot be read.')
    .option('--json', 'as JSON, like GET /api/calibration')
    .addHelpText('after', '\nExample:\n  spark calibration markers')
    .action(async ({ json }: Options) => {
      const answer = await apiClient(loadConfig()).call('calibrationMarkers', {})
      output.line(json === true ? JSON.stringify(answer, null, 2) : markersText(answer))
    })
  markers
    .command('add <kind> <fact>')
    .description('Marks a time. leave_out with hours=N or until=TIME: its labels count in no test and no update.')
    .option('--from <time>', 'ISO time at which it begins; default: now')
    .option('--reason <text>', 'kept in the audit', 'by hand')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  spark calibration markers add leave_out hours=6 --from 2026-01-05T00:00:00Z --reason "venue outage"',
    )
    .action((kind: string, fact: string, { from, reason, json }: { from?: string; reason: string; json?: true }) => {
      const value = [...(from === undefined ? [] : [from]), kind, fact].join(' ')
      return triage(output, { move: 'marker', value, reason, json: json === true })
    })
}
