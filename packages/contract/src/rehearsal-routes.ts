import type { Route } from './routes.ts'
import { Type } from 'typebox'
import { RehearsalAsk, RehearsalAsked, RehearsalList, RehearsalQuery, RehearsalReport } from './rehearsal.ts'
import { NAMED, CHANGE, READ } from './trading-routes.ts'
import { Done, IdParams, StrategyCommand } from './trading.ts'

/** Rehearsals of the plan of config/spark.yaml, on a virtual clock, in a process of their own. */
export const REHEARSAL_ROUTES = {
  rehearsals: {
    method: 'GET',
    path: '/api/rehearsals',
    tag: 'rollout',
    summary: 'Rehearsals with how far they are and how they ended, and the kinds of faults.',
    access: 'canRead',
    query: RehearsalQuery,
    answer: RehearsalList,
    errors: READ,
  },
  rehearsalStart: {
    method: 'POST',
    path: '/api/rehearsals',
    tag: 'rollout',
    summary: 'Rehearses the plan with these faults. One runs at a time, the others wait.',
    access: 'canAdvance',
    body: RehearsalAsk,
    answer: RehearsalAsked,
    errors: [...CHANGE, 'too_many_things', 'unknown_id', 'model_refused'],
  },
  rehearsalReport: {
    method: 'GET',
    path: '/api/rehearsals/:id',
    tag: 'rollout',
    summary: 'One rehearsal with its timeline, criteria and checks.',
    access: 'canRead',
    params: IdParams,
    answer: RehearsalReport,
    errors: [...READ, 'unknown_id'],
  },
  rehearsalPage: {
    method: 'GET',
    path: '/api/rehearsals/:id/page',
    tag: 'rollout',
    summary: 'The whole report as one page with charts, to save.',
    access: 'canRead',
    params: IdParams,
    produces: 'text/html; charset=utf-8',
    answer: Type.String(),
    errors: [...READ, 'unknown_id'],
  },
  rehearsalCancel: {
    method: 'POST',
    path: '/api/rehearsals/:id/cancel',
    tag: 'rollout',
    summary: 'Ends a rehearsal that waits or runs.',
    access: 'canAdvance',
    params: IdParams,
    body: StrategyCommand,
    answer: Done,
    errors: NAMED,
  },
} as const satisfies Record<string, Route>
