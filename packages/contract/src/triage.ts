import { Type, type Static } from 'typebox'
import type { Route } from './routes.ts'
import { Reason } from './rollout.ts'
import { CHANGE } from './trading-routes.ts'

/** Moves of the playbook's triage, each with what its value is. */
export const TRIAGE_MOVES = {
  floor: 'confidence floor; without it the plan raises it by one step',
  poll: 'poll interval, ms; without it the plan makes it longer by its factor',
  'preview-only': null,
  weights: null,
  ping: null,
  restart: null,
  jobs: null,
  drift: null,
  signals: null,
  errors: 'window, minutes; default 15',
  marker:
    'kind and fact, before them perhaps a time, like: low_confidence_period median_confid=0.38, or 2026-01-05T00:00:00Z leave_out hours=6; default: the median confidence of now',
  notify: 'what to say',
} as const satisfies Record<string, string | null>
export type TriageMoveName = keyof typeof TRIAGE_MOVES
export const TRIAGE_MOVE_NAMES = Object.keys(TRIAGE_MOVES) as TriageMoveName[]

const values = Object.entries(TRIAGE_MOVES).flatMap(([move, value]) => (value === null ? [] : [`${move}: ${value}`]))

export const TriageAnswer = Type.Object({
  ok: Type.Boolean({ description: 'all is well, or it was done' }),
  findings: Type.Array(Type.String(), { description: 'one sentence each, most important first' }),
  before: Type.Unknown({ description: 'of what was changed; null: nothing was' }),
  after: Type.Unknown(),
  detail: Type.Unknown({ description: 'the figures behind the sentences' }),
})
export type TriageAnswer = Static<typeof TriageAnswer>

export const TRIAGE_ROUTES = {
  triage: {
    method: 'POST',
    path: '/api/triage/:move',
    tag: 'rollout',
    summary: `Makes a move of the playbook's triage: ${TRIAGE_MOVE_NAMES.join(', ')}.`,
    access: 'canTriage',
    params: Type.Object({ move: Type.Enum(TRIAGE_MOVE_NAMES) }),
    body: Type.Object(
      {
        reason: Reason,
        value: Type.Optional(Type.String({ maxLength: 4000, description: values.join('; ') })),
      },
      { additionalProperties: false },
    ),
    answer: TriageAnswer,
    errors: [...CHANGE, 'no_rollout', 'rollout_refused', 'setting_refused'],
  },
} as const satisfies Record<string, Route>
