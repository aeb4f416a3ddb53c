import type { Command } from 'commander'
import { loadConfig } from '@spark/server/config'
import { comparisonText, modelListText, modelText } from '../model-text.ts'
import type { Output } from '../output.ts'
import { apiClient } from '../processes.ts'

type Json = { json?: true }
const JSON_OPTION = ['--json', 'as JSON, like GET /api/models'] as const

/** spark models: versions of the model, through the API. */
export function modelsCommands(program: Command, output: Output): void {
  const models = program.command('models').description('Versions of the model: what each is, and which of two earns more.')
  const print = (json: true | undefined, answer: object, text: string) =>
    output.line(json === true ? JSON.stringify(answer, null, 2) : text)
  models
    .command('list', { isDefault: true })
    .description('Every version, newest first, with its aliases, state, weights and verdict.')
    .option(...JSON_OPTION)
    .addHelpText('after', '\nExample:\n  spark models')
    .action(async ({ json }: Json) => {
      const answer = await apiClient(loadConfig()).call('models')
      print(json, answer, modelListText(answer.items))
    })
  models
    .command('show')
    .argument('<version>', 'as spark models lists it')
    .description('One version, and what its update rests on.')
    .option(...JSON_OPTION)
    .addHelpText('after', '\nExample:\n  spark models show ml-fusion-1.2')
    .action(async (version: string, { json }: Json) => {
      const answer = await apiClient(loadConfig()).call('model', { params: { version } })
      print(json, answer, modelText(answer))
    })
  models
    .command('compare')
    .argument('<first>')
    .argument('<second>')
    .description('Two versions on the labels that both have, from the first of these on. It decides nothing.')
    .option(...JSON_OPTION)
    .addHelpText('after', '\nExample:\n  spark models compare ml-fusion-1.2+l.1a2b3c4d ml-fusion-1.2')
    .action(async (first: string, second: string, { json }: Json) => {
      const answer = await apiClient(loadConfig()).call('modelComparison', { query: { first, second } })
      print(json, answer, comparisonText(answer))
    })
  models
    .command('shadow')
    .argument('[version]', 'without it, none any more')
    .description('Labels another version beside champion and challenger, on the same rows; it never acts.')
    .option('--reason <text>', 'kept in the audit', 'by hand')
    .addHelpText('after', '\nExample:\n  spark models shadow ml-fusion-1.2+w.1a2b3c4d --reason "equal weights again"')
    .action(async (version: string | undefined, { reason }: { reason: string }) => {
      await apiClient(loadConfig()).call('modelShadow', { body: { version: version ?? null, reason } })
      output.line(version === undefined ? 'nothing is shadow any more' : `${version} is shadow: it gets labels from now on`)
    })
}
