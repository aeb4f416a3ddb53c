import { ModelComparison, ModelComparisonQuery, ModelList, ModelParams, ModelShadow, ModelView } from './models.ts'
import type { Route } from './routes.ts'
import { CHANGE, READ } from './trading-routes.ts'
import { Done } from './trading.ts'

const NAMED_READ = [...READ, 'unknown_id'] as const

/** Versions of the model: what each is, and which of two earns more. Only a rollout makes one champion. */
export const MODEL_ROUTES = {
  models: {
    method: 'GET',
    path: '/api/models',
    tag: 'models',
    summary: 'Every version with its aliases, numbers and state, and what a learned one rests on.',
    access: 'canRead',
    answer: ModelList,
    errors: READ,
  },
  modelComparison: {
    method: 'GET',
    path: '/api/models/compare',
    tag: 'models',
    summary: 'Two versions on the labels that both have. No figure without labels.',
    access: 'canRead',
    query: ModelComparisonQuery,
    answer: ModelComparison,
    errors: NAMED_READ,
  },
  model: {
    method: 'GET',
    path: '/api/models/:version',
    tag: 'models',
    summary: 'One version.',
    access: 'canRead',
    params: ModelParams,
    answer: ModelView,
    errors: NAMED_READ,
  },
  modelShadow: {
    method: 'POST',
    path: '/api/models/shadow',
    tag: 'models',
    summary: 'Labels another version in shadow, or with version null none any more; it never acts.',
    access: 'canAdvance',
    body: ModelShadow,
    answer: Done,
    errors: [...CHANGE, 'unknown_id', 'model_refused'],
  },
} as const satisfies Record<string, Route>
