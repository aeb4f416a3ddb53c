import { queryOptions } from '@tanstack/react-query'
import type { AuditItem } from '@spark/contract/audit'
import { createClient } from '@spark/contract/client'
import type { Window } from '@spark/contract/metrics'
import type { ReportLanguage } from '@spark/contract/report'
import type { AnswerOf, BodyOf, QueryOf } from '@spark/contract/routes'
import { DECISION_ACTIONS } from './audit-reasons.ts'
import { learnServerTime } from './live/now.ts'
import { RECENT_MAX } from './live/stream-state.ts'
import { shareItems } from './share-items.ts'

export const api = createClient({ baseUrl: '' })

const SECOND = 1000
const DECISIONS_MAX = 20

/** Everything the pages read, by name; how often it is asked again where the event stream does not bring it. */
export const queries = {
  installation: queryOptions({
    queryKey: ['installation'],
    async queryFn() {
      const found = await api.call('installation', { timeoutMs: 3 * SECOND })
      learnServerTime(found.nowMs, found.clockSpeed)
      return found
    },
    refetchInterval: 3 * SECOND,
  }),
  session: queryOptions({ queryKey: ['session'], queryFn: () => read('session'), refetchInterval: 60 * SECOND }),
  metrics: queryOptions({ queryKey: ['metrics'], queryFn: () => read('getMetrics'), refetchInterval: 30 * SECOND }),
  rollout: queryOptions({ queryKey: ['rollout'], queryFn: () => read('rollout'), refetchInterval: 5 * SECOND }),
  rolloutHistory: queryOptions({ queryKey: ['rollout', 'history'], queryFn: () => read('rolloutHistory') }),
  rehearsals: queryOptions({
    queryKey: ['rehearsals'],
    queryFn: () => read('rehearsals'),
    // One that waits or runs is watched.
    refetchInterval: ({ state: { data } }) => (data?.items.some(({ endedAt }) => endedAt === null) === true ? 1 : 30) * SECOND,
  }),
  reports: queryOptions({
    queryKey: ['reports'],
    queryFn: () => read('reports'),
    // One that is being made is watched.
    refetchInterval: ({ state: { data } }) => (data?.items.some(({ state }) => state === 'waiting') === true ? 1 : 30) * SECOND,
  }),
  breaches: queryOptions({ queryKey: ['breaches'], queryFn: () => read('breaches'), refetchInterval: 60 * SECOND }),
  slo: queryOptions({ queryKey: ['slo'], queryFn: () => read('slo'), refetchInterval: 15 * SECOND }),
  risk: queryOptions({ queryKey: ['risk'], queryFn: () => read('risk'), refetchInterval: 10 * SECOND }),
  queue: queryOptions({ queryKey: ['queue'], queryFn: () => read('queue'), refetchInterval: 10 * SECOND }),
  deadLetters: queryOptions({ queryKey: ['queue', 'dlq'], queryFn: () => read('deadLetters'), refetchInterval: 15 * SECOND }),
  alerts: queryOptions({
    queryKey: ['alerts'],
    queryFn: () => read('alerts', { state: 'open' }),
    refetchInterval: 30 * SECOND,
  }),
  strategies: queryOptions({
    queryKey: ['strategies'],
    queryFn: () => read('strategies'),
    refetchInterval: 15 * SECOND,
    structuralSharing: shareItems,
  }),
  positions: queryOptions({ queryKey: ['positions'], queryFn: () => read('positions'), refetchInterval: 15 * SECOND }),
  jobs: queryOptions({ queryKey: ['jobs'], queryFn: () => read('jobs'), refetchInterval: 3 * SECOND }),
  recent: queryOptions({
    queryKey: ['audit', 'recent'],
    queryFn: async () => (await api.call('auditList', { body: { limit: RECENT_MAX } })).items,
    // The stream brings what comes after.
    staleTime: Infinity,
  }),
  overrideAsked: queryOptions({
    queryKey: ['rollout', 'override'],
    queryFn: () => read('rolloutOverrideAsked'),
    refetchInterval: 15 * SECOND,
  }),
  optimizations: (strategyId: string) =>
    queryOptions({
      queryKey: ['optimizations', strategyId],
      queryFn: () => read('optimizations', { strategyId, limit: '5' }),
      refetchInterval: ({ state: { data } }) => (data?.items.some(({ endedAt }) => endedAt === null) === true ? 1 : 30) * SECOND,
    }),
  optimization: (id: string) =>
    queryOptions({ queryKey: ['optimization', id], queryFn: () => api.call('optimization', { params: { id } }) }),
  calibrationVerdict: queryOptions({
    queryKey: ['calibration', 'verdict'],
    queryFn: () => read('calibrationVerdict'),
    refetchInterval: 60 * SECOND,
  }),
  calibrationHistory: queryOptions({ queryKey: ['calibration', 'history'], queryFn: () => read('calibrationHistory') }),
  calibrationReliability: queryOptions({
    queryKey: ['calibration', 'reliability'],
    queryFn: () => read('calibrationReliability'),
    refetchInterval: 60 * SECOND,
  }),
  calibrationParts: queryOptions({ queryKey: ['calibration', 'parts'], queryFn: () => read('calibrationParts') }),
  calibrationDrift: queryOptions({ queryKey: ['calibration', 'drift'], queryFn: () => read('calibrationDrift') }),
  calibrationMarkers: queryOptions({ queryKey: ['calibration', 'markers'], queryFn: () => read('calibrationMarkers') }),
  users: queryOptions({ queryKey: ['users'], queryFn: () => read('users') }),
  /** `user`: a name, or all; one's own without it. */
  sessions: (query: QueryOf<'sessions'>) =>
    queryOptions({ queryKey: ['sessions', query], queryFn: () => read('sessions', query) }),
  tokens: (query: QueryOf<'tokens'>) => queryOptions({ queryKey: ['tokens', query], queryFn: () => read('tokens', query) }),
  keys: queryOptions({ queryKey: ['keys'], queryFn: () => read('keys') }),
  /** What was decided, newest first. The stream says when there is more. */
  decisions: queryOptions({
    queryKey: ['audit', 'decisions'],
    queryFn: async () => (await newestOf(DECISION_ACTIONS, { limit: DECISIONS_MAX })).slice(0, DECISIONS_MAX),
    staleTime: 60 * SECOND,
  }),
  timeseries: (window: Window) =>
    queryOptions({
      queryKey: ['timeseries', window],
      queryFn: () => read('timeseries', { window }),
      refetchInterval: 30 * SECOND,
      placeholderData: (before) => before,
    }),
  /** What is done does not change. */
  rehearsal: (id: string) =>
    queryOptions({
      queryKey: ['rehearsal', id],
      queryFn: () => api.call('rehearsalReport', { params: { id } }),
      staleTime: ({ state: { data } }) => (data?.report === undefined || data.report === null ? 0 : Infinity),
    }),
  report: (id: string) => queryOptions({ queryKey: ['reports', id], queryFn: () => api.call('report', { params: { id } }) }),
  /** As the playbook's template; with who signed it by now. */
  reportText: (id: string, lang: ReportLanguage) =>
    queryOptions({
      queryKey: ['reports', id, lang],
      queryFn: async () => (await api.open('report', { params: { id }, query: { format: 'md', lang } })).text(),
    }),
  audit: (body: BodyOf<'auditList'>) =>
    queryOptions({ queryKey: ['audit', body], queryFn: () => api.call('auditList', { body }), refetchInterval: 30 * SECOND }),
  /** Rows of a strategy that have one of these actions, at most `limit` of each, newest first. */
  strategyAudit: (strategyId: string, actions: readonly string[], limit: number) =>
    queryOptions({
      queryKey: ['audit', strategyId, actions, limit],
      queryFn: () => newestOf(actions, { strategyId, limit }),
      refetchInterval: 30 * SECOND,
    }),
  orders: (query: QueryOf<'orders'>) =>
    queryOptions({ queryKey: ['orders', query], queryFn: () => read('orders', query), refetchInterval: 15 * SECOND }),
  fills: (query: QueryOf<'fills'>) =>
    queryOptions({ queryKey: ['orders', 'fills', query], queryFn: () => read('fills', query), refetchInterval: 30 * SECOND }),
  earned: (query: QueryOf<'earned'>) =>
    queryOptions({ queryKey: ['earned', query], queryFn: () => read('earned', query), refetchInterval: 60 * SECOND }),
  equity: (query: QueryOf<'equity'>) =>
    queryOptions({ queryKey: ['equity', query], queryFn: () => read('equity', query), refetchInterval: 60 * SECOND }),
  models: queryOptions({ queryKey: ['models'], queryFn: () => read('models'), refetchInterval: 60 * SECOND }),
  modelComparison: (query: QueryOf<'modelComparison'>) =>
    queryOptions({
      queryKey: ['models', 'compare', query],
      queryFn: () => read('modelComparison', query),
      staleTime: 60 * SECOND,
    }),
  candles: (query: QueryOf<'candles'>) =>
    queryOptions({ queryKey: ['candles', query], queryFn: () => read('candles', query), refetchInterval: 30 * SECOND }),
} as const

type ReadRoute =
  | 'session'
  | 'sessions'
  | 'users'
  | 'tokens'
  | 'keys'
  | 'rolloutOverrideAsked'
  | 'getMetrics'
  | 'rollout'
  | 'rolloutHistory'
  | 'rehearsals'
  | 'reports'
  | 'breaches'
  | 'slo'
  | 'risk'
  | 'queue'
  | 'deadLetters'
  | 'alerts'
  | 'strategies'
  | 'positions'
  | 'jobs'
  | 'timeseries'
  | 'orders'
  | 'fills'
  | 'earned'
  | 'equity'
  | 'candles'
  | 'models'
  | 'modelComparison'
  | 'optimizations'
  | 'calibrationVerdict'
  | 'calibrationHistory'
  | 'calibrationReliability'
  | 'calibrationParts'
  | 'calibrationDrift'
  | 'calibrationMarkers'

function read<Name extends ReadRoute>(name: Name, query?: QueryOf<Name>): Promise<AnswerOf<Name>> {
  return api.call(name, { ...(query !== undefined && { query }) })
}

/** At most `limit` rows of each action, newest first. */
async function newestOf(actions: readonly string[], filter: { strategyId?: string; limit: number }): Promise<AuditItem[]> {
  const pages = await Promise.all(actions.map((action) => api.call('auditList', { body: { action, ...filter } })))
  return pages.flatMap(({ items }) => items).sort((a, b) => b.ts - a.ts)
}
