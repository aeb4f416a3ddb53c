import type { Model } from '@spark/core/signal/model'
import { systemClock } from '@spark/server/clock'
import type { Config } from '@spark/server/config'
import { findModel, parseModelFile } from '@spark/server/rehearsal/rehearsed-model'
import { createModelStore } from '@spark/server/storage/model-store'
import { withDatabase } from './direct.ts'
import { textOption } from './options.ts'
import { CheckFailed, WrongUsage } from './output.ts'

/** The model that `--model` names: a document in a .json file, or a version of this installation. */
export async function modelOption(config: Pick<Config, 'databasePath'>, text: string): Promise<Model> {
  if (text.endsWith('.json')) return modelOfFile(text)
  const found = await withDatabase(config, ({ db }) => findModel(createModelStore(db), text, systemClock.nowMs()))
  if ('model' in found) return found.model
  if (found.refused === 'unknown') throw new WrongUsage(`--model ${text}: there is no such version; spark models lists them`)
  throw new CheckFailed(`spark: the model ${text} is ${found.refused}; no rollout could begin with it`)
}

function modelOfFile(path: string): Model {
  const parsed = parseModelFile(textOption('--model', path), path)
  if ('problems' in parsed) throw new WrongUsage(parsed.problems.join('\n  '))
  return parsed.model
}
